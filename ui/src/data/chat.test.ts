import { expect, test } from "vitest";
import { before, heard, OPENING, type Said, wrote } from "./chat";

const after = (talk: typeof OPENING, ...said: Said[]) => said.reduce(heard, talk);

test("a talk grows by turns, and a rewind takes back what followed", () => {
  let talk = after(OPENING, { type: "started", version: 3 } as Said, { type: "text", text: "Hello?" }, { type: "listening", turn: 0, first_text_ms: 1, whole_ms: 2 });
  expect([talk.state, talk.version, talk.waiting, talk.took[0]]).toEqual(["open", 3, false, [1, 2]]);
  talk = after(wrote(talk, "Yes."), { type: "slot", name: "when", value: 3 }, { type: "text", text: "Great." }, { type: "listening", turn: 1, first_text_ms: 5, whole_ms: 9 });
  expect(talk.lines.map((line) => `${line.turn} ${line.by} ${line.text}`)).toEqual(["0 agent Hello?", "1 you Yes.", "1 deed when = 3", "1 agent Great."]);
  talk = wrote(talk, "Bye.");
  expect(before(talk, 2)).toEqual(["Yes."]);
  talk = heard(talk, { type: "rewound", turn: 1 });
  expect([talk.turn, talk.lines.length, talk.waiting]).toEqual([0, 1, false]);
});

test("spoken words grow in one line until they are final", () => {
  const talk = after(OPENING, { type: "transcript", text: "yes", final: false }, { type: "transcript", text: "yes please", final: true }, { type: "transcript", text: "now", final: false });
  expect(talk.lines.map((line) => [line.turn, line.text, line.partial])).toEqual([[1, "yes please", false], [2, "now", true]]);
});

test("the end says what it came to", () => {
  const talk = after(OPENING, { type: "outcome", name: "not_interested" }, { type: "interrupted", heard: "Thank" }, { type: "ended", reason: "agent_hangup" });
  expect(talk.lines.at(-1)?.text).toBe("you stopped it after “Thank”");
  expect(heard(talk, { type: "ended", reason: "agent_hangup", outcome: "sold" }).outcome).toBe("sold");
  expect([talk.state, talk.outcome, talk.reason]).toEqual(["over", "not_interested", "agent_hangup"]);
});
