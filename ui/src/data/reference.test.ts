import { expect, test } from "vitest";
import { keyHeader, operationsOf } from "./reference";

const operation = (header?: string) => {
  const parameters = header ? [{ name: header, in: "header", schema: { type: "string" } }] : [];
  return operationsOf({ paths: { "/calls/{id}": { get: { parameters: [...parameters, { name: "id", in: "path", required: true }] } } } })[0]!;
};

test("the key goes where the operation's own document has it", () => {
  expect(keyHeader(operation(), "k")).toEqual(["Authorization", "Bearer k"]);
  expect(keyHeader(operation("Authorization"), "k")).toEqual(["Authorization", "Bearer k"]);
  expect(keyHeader(operation("x-api-key"), "k")).toEqual(["x-api-key", "k"]);
  expect(keyHeader(operation("X-Vgai-Key"), "k")).toEqual(["X-Vgai-Key", "k"]);
  expect(keyHeader(operation("Idempotency-Key"), "k")).toEqual(["Authorization", "Bearer k"]);
});
