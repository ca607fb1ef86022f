import { expect, test } from "vitest";
import type { Schemas } from "./client";
import { ladder } from "./ladder";

const events = (...all: [string, object?][]) => all.map(([type, data], index) => ({ id: `e${index}`, at: "2026-01-01T00:00:00Z", type, data })) as unknown as Schemas["CallEvent"][];
const call = (evidence: object) => ({ end_reason: null, evidence: { sip_codes: [], ...evidence } }) as unknown as Schemas["Call"];
const lines = (found: ReturnType<typeof ladder>) => found.map((rung) => `${rung.way} ${rung.text}`);

test("a talked call has its messages both ways", () => {
  const found = ladder(events(["call.queued"], ["call.dialing", { attempt: "a" }], ["call.ringing", { sip_code: 180, early_media: false }], ["call.answered", { codec: "PCMU" }], ["call.turn", { speaker: "agent", text: "Hi" }], ["call.turn", { speaker: "callee", text: "Yes" }], ["call.ended", { end_reason: "agent_hangup" }]), call({ bye_from: "us" }));
  expect(lines(found)).toEqual(["here queued", "out INVITE", "in 180 Ringing", "in 200 OK", "out ACK", "out Hi", "in Yes", "out BYE", "here ended"]);
});

test("a refused call ends with the refusal, and a call that was never dialled with nothing on the line", () => {
  expect(lines(ladder(events(["call.ended", {}]), call({ sip_codes: [180, 486], sip_reason: "Busy Here" })))).toEqual(["in 486 Busy Here", "out ACK", "here ended"]);
  expect(lines(ladder(events(["call.ended", {}]), call({})))).toEqual(["here ended"]);
});

test("messages that were kept stand in the ladder themselves, in the order of time", () => {
  const message = (second: number, direction: string, told: object) => ({ at: `2026-01-01T00:00:0${second}Z`, direction, cseq: "1 INVITE", text: "whole", ...told }) as unknown as Schemas["SipMessage"];
  const kept = [message(0, "sent", { method: "INVITE" }), message(1, "received", { status: 407, reason: "Proxy Authentication Required" }), message(2, "received", { status: 200, reason: "OK" })];
  const all = events(["call.dialing", { attempt: "a" }], ["call.answered", { codec: "PCMU" }], ["call.turn", { speaker: "agent", text: "Hi" }]);
  const told = all.map((event, index) => ({ ...event, at: `2026-01-01T00:00:0${index + 1}Z` })) as typeof all;
  const found = ladder(told, call({}), kept);
  expect(lines(found)).toEqual(["out INVITE", "in 407 Proxy Authentication Required", "in 200 OK", "out Hi"]);
  expect(found[1]).toMatchObject({ note: "INVITE", message: "whole" });
});
