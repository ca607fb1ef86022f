import { expect, test } from "vitest";
import { found, read, same, sentences, withValue } from "./document";

const TEXT = `# who it is
name: Ava # short
voice: { provider: embedded, name: heart }
ours_alone: [1, 2]
machine:
  action: leave_message
  message: >-
    Hi there,
    bye.
`;

test("a field changes its own words and nothing else", () => {
  const text = withValue(withValue(TEXT, ["name"], "Eve"), ["limits", "ring_timeout_s"], 30);
  expect(text).toContain("# who it is\nname: Eve # short\n");
  expect(text).toContain("voice: { provider: embedded, name: heart }\nours_alone: [ 1, 2 ]\n");
  expect(read(text).value?.limits).toEqual({ ring_timeout_s: 30 });
  expect(withValue(TEXT.replace("heart }", "heart } # by ear"), ["voice"], { provider: "embedded", name: "adam" })).toContain("voice: { provider: embedded, name: adam } # by ear");
  expect(withValue(text, ["limits", "ring_timeout_s"], undefined)).not.toContain("limits");
});

test("every value comes back as it was put in", () => {
  for (const value of ["", " a ", "a: b", "- x", "two\nlines\n", "100%", "#", "yes", "007", "{{name}}", ["a", "b #"], 0.5, true]) {
    expect(read(withValue(TEXT, ["machine", "message"], value)).value?.machine, JSON.stringify(value)).toEqual({ action: "leave_message", message: value });
  }
});

test("what is no definition says why", () => {
  expect(read("a: [").error).toBeDefined();
  expect(read("- a").error).toBeDefined();
  expect(() => withValue("a: [", ["a"], 1)).toThrow();
});

test("the same definition in another order is the same", () => {
  expect(same({ a: [1, { b: 2 }], c: null }, { c: null, a: [1, { b: 2 }] })).toBe(true);
  for (const other of [{ a: [1] }, { a: [1, { b: 3 }], c: null }, { a: [1, { b: 2 }] }, [1]]) expect(same({ a: [1, { b: 2 }], c: null }, other)).toBe(false);
});

test("sentences and slots are found where they stand", () => {
  const flow = { start: "a", steps: { a: { ask: { text: "Hi", slots: [{ name: "when", type: "date" }] } }, b: { hang_up: { outcome: "x" } }, c: { set: {} } } };
  expect(sentences({ flow })).toEqual([{ step: "a", kind: "ask", path: ["flow", "steps", "a", "ask", "text"] }]);
  const steps = { end: { hang_up: { text: "Bye" } }, greet: { ask: { text: "Hi", on: { yes: "why" }, otherwise: "end" } }, lost: { say: { text: "?" } }, why: { say: { text: "Why", next: "end" } } };
  expect(sentences({ flow: { start: "greet", steps } }).map((one) => one.step)).toEqual(["greet", "why", "end", "lost"]);
  expect(found({ flow })).toEqual([{ name: "when", type: "date" }]);
});
