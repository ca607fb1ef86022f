import { expect, test } from "vitest";
import { variablesOf } from "./definition";
import { diff } from "./diff";
import { dayBounds, readFilters } from "./filters";
import { operationsOf, requestOf } from "./reference";
import { sign, SNIPPETS } from "./snippets";
import { csv, duration, percentile, variablesIn } from "./words";

test("figures as people read them", () => {
  expect([duration(null), duration(61_400), duration(3_661_000)]).toEqual(["–", "1:01", "1:01:01"]);
  expect([percentile([], 0.5), percentile([3, 1, 2], 0.5), percentile([1, 2, 3, 4], 0.95)]).toEqual([null, 2, 4]);
});

test("a spreadsheet takes no cell for a formula, and numbers stay numbers", () => {
  expect(csv([["a,b", '"', "=1+1", "+15551234567", -3, null]])).toBe('"a,b","""",\'=1+1,+15551234567,-3,\r\n');
});

test("filters come from the address, and nonsense does not", () => {
  expect(readFilters({ status: "busy", to: 15551234567, from: "2026-01-02", until: "soon", agent: " a " })).toEqual({ status: "busy", to: "15551234567", from: "2026-01-02", until: undefined, agent: "a" });
  expect(readFilters({ status: "melted" }).status).toBeUndefined();
  const { created_from, created_to } = dayBounds("2026-01-02", "2026-01-02");
  expect(Date.parse(created_to ?? "") - Date.parse(created_from ?? "")).toBe(86_400_000);
});

test("variables are those that are used or declared, but for what the talk fills", () => {
  expect(variablesIn("{{ a }} {{b|upper}} {{a}} { c }")).toEqual(["a", "b"]);
  const found = variablesOf({ variables: { a: { sample: "x" }, d: {} }, flow: { ask: { text: "{{a}} {{b}} {{heard}} {{when}} {{values.when}} {{today}}", slots: [{ name: "when" }] } } });
  expect(found.map((one) => [one.name, one.declared, one.used])).toEqual([["a", true, true], ["d", true, false], ["b", false, true]]);
});

test("a difference is what has to be taken out and put in", () => {
  expect(diff("a\nb\nc", "a\nx\nc").map((line) => line.sign + line.text)).toEqual([" a", "-b", "+x", " c"]);
});

test("a request follows its form", () => {
  const document = {
    paths: { "/v1/things/{thing}": { post: { tags: ["t"], parameters: [{ name: "thing", in: "path", required: true, schema: { type: "string" } }, { name: "q", in: "query", schema: {} }], requestBody: { content: { "application/json": { schema: { $ref: "#/components/schemas/T" } } } }, responses: {} } } },
    components: { schemas: { T: { type: "object", required: ["n"], properties: { n: { type: "string", example: "it's" }, hidden: { type: "string" } } } } },
  };
  const [operation] = operationsOf(document);
  if (!operation) throw new Error("there is one");
  expect(operation.body?.example).toBe('{\n  "n": "it\'s"\n}');
  const request = requestOf("http://h", operation, { "path:thing": "a/b", "query:q": "1" }, '{"n":"it\'s"}', [["Authorization", "Bearer $API_KEY"]]);
  expect(request.url).toBe("http://h/v1/things/a%2Fb?q=1");
  expect(SNIPPETS.cURL?.(request)).toContain(`-d '{"n":"it'\\''s"}'`);
  expect(SNIPPETS.Python?.(request)).toContain('"Bearer " + os.environ["API_KEY"]');
  expect(SNIPPETS["Node.js"]?.(request)).toContain('"Bearer " + process.env.API_KEY');
});

test("a signature is the HMAC-SHA256 of the body, in code too", async () => {
  // RFC 4231, test case 2.
  expect(await sign("Jefe", "what do ya want for nothing?")).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const request = { method: "POST", url: "http://h/x", headers: [["api-key", "$API_KEY"]] as [string, string][], body: '{"a":1}', signed: "signature" };
  expect(SNIPPETS.cURL?.(request)).toContain(`-H "signature: $(printf %s "$BODY" | openssl dgst -sha256 -hmac "$API_SECRET" -r | cut -d' ' -f1)"`);
  expect(SNIPPETS.Python?.(request)).toContain("hmac.new(os.environ[\"API_SECRET\"].encode(), body.encode(), hashlib.sha256)");
  expect(SNIPPETS["Node.js"]?.(request)).toContain('createHmac("sha256", process.env.API_SECRET).update(body)');
});
