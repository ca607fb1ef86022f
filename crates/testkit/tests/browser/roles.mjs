// Every screen with every role: it opens or says plainly that the role may not, what changes something is there for whoever
// may, and the server refuses the same to whoever asks past the screen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AGENT, ask, button, EXPECTED, FIRST, person, run, tab, until, visit } from "./lib.mjs";

const [VIEWER, OPERATOR, ADMIN, OWNER] = ["viewer", "operator", "admin", "owner"];
const ROLES = [VIEWER, OPERATOR, ADMIN, OWNER];
const ALL = VIEWER;

// Screen, its title, least role that sees it, what changes something there with the least role that may, and the request
// behind it. A tab is opened first where one is named.
const TABLE = [
  ["/", "Overview", ALL],
  ["/calls", /^Calls/, ALL, { act: "Place a call", least: OPERATOR, asks: ["POST", "/v1/calls", { agent: AGENT, to: "nobody" }] }],
  ["/calls/$call", /^Call to/, ALL, { least: OPERATOR, asks: ["POST", "/v1/calls/call_none/hangup"] }],
  ["/agents", "Agents", ALL, { act: "New agent", least: OPERATOR, asks: ["POST", "/v1/agents", { slug: "Not A Slug" }] }],
  ["/agents/$agent", new RegExp(`^${AGENT}`), ALL, { act: "Publish", least: OPERATOR, asks: ["POST", "/v1/agents/nobody/publish"] }],
  ["/reference", "API reference", ALL],
  ["/keys", "API keys", ADMIN, { act: "New key", least: ADMIN, asks: ["POST", "/v1/keys", { name: "", permissions: [] }] }],
  ["/webhooks", "Webhooks", ALL, { act: "New endpoint", least: ADMIN, asks: ["POST", "/v1/webhooks", { url: "nowhere" }] }],
  ["/people", "Contacts & blocks", ALL, { act: "Block a number", least: OPERATOR, asks: ["POST", "/v1/suppressions", { number: "x", reason: "r" }] }],
  ["/people", "Contacts & blocks", ALL, { tab: "Contacts", act: "New contact", least: OPERATOR, asks: ["POST", "/v1/contacts", { numbers: ["x"] }] }],
  ["/telephony", "Numbers & trunks", ALL, { act: "Trunk", least: ADMIN, asks: ["POST", "/v1/trunks", { name: "", address: "x" }] }],
  ["/wallet", "Wallet", ALL, { act: "Top up", least: OWNER, asks: ["POST", "/v1/wallet/top-ups", { amount: "x" }] }],
  ["/settings", "Settings", ALL, { tab: "Members", least: ADMIN, act: "Invite", asks: ["POST", "/v1/members", { name: "", email: "", role: "viewer" }] }],
  ["/settings", "Settings", ALL, { tab: "Audit log", least: ADMIN, asks: ["GET", "/v1/audit"], reads: true }],
  ["/settings", "Settings", ALL, { tab: "Nodes", least: ADMIN, asks: ["GET", "/v1/nodes"], reads: true }],
  ["/settings", "Settings", ALL, { tab: "Providers", act: "Test embedded, embedder", least: OPERATOR, asks: ["POST", "/v1/providers/none/test", {}] }],
  ["/settings", "Settings", ALL, { tab: "Retention", act: "Save", least: ADMIN, asks: ["PUT", "/v1/retention", { recordings_days: -1 }] }],
];

/** A screen that nobody put into the table has no place here. */
async function everyScreenIsInTheTable() {
  const router = readFileSync(process.env.ROUTER, "utf8");
  const inside = [...router.matchAll(/getParentRoute: \(\) => inside,\s*path: "([^"]+)"/g)].map(([, path]) => path);
  assert.deepEqual(new Set(TABLE.map(([path]) => path)), new Set(inside));
}

/** Somebody of this role, signed in. */
async function join(owner, role) {
  const { code } = await ask(owner, "POST", "/v1/members", { name: role, email: `${role}@example.com`, role });
  const page = await person(role);
  await page.goto(`${process.env.BASE}/app/join#${code}`);
  await page.getByLabel("Password").fill("another long password");
  await button(page, "Join").click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  return page;
}

/** Status of a request that the page itself would not send. */
const status = (page, [method, path, body]) =>
  page.evaluate(
    async ([method, path, body]) => (await fetch(path, { method, headers: { "Outdial-Request": "dashboard", "Content-Type": "application/json" }, body: body && JSON.stringify(body) })).status,
    [method, path, body],
  );

async function everyRole(owner) {
  const call = await ask(owner, "POST", "/v1/calls", { agent: AGENT, to: FIRST, variables: { name: "Ann", product: "solar panels" } });
  await ask(owner, "POST", `/v1/calls/${call.id}/hangup`);
  await until(owner, async () => (await ask(owner, "GET", `/v1/calls/${call.id}`)).ended_at, "the call is over");
  await ask(owner, "PUT", "/v1/wallet", { currency: "EUR", rate_per_minute: "0.06" });
  const address = (path) => path.replace("$call", call.id).replace("$agent", AGENT);
  for (const role of ROLES) {
    const page = role === OWNER ? owner : await join(owner, role);
    const may = (least) => ROLES.indexOf(role) >= ROLES.indexOf(least);
    for (const [path, title, least, deed] of TABLE) {
      const where = `${role} at ${path} ${deed?.tab ?? ""}`;
      await visit(page, address(path), title);
      await page.getByLabel("Loading").first().waitFor({ state: "detached" });
      assert.equal(await page.getByText("Nothing that your role may see", { exact: true }).count(), may(least) ? 0 : 1, where);
      if (!deed) continue;
      if (deed.tab) {
        const shown = !deed.reads && deed.tab !== "Members" ? true : may(deed.least);
        assert.equal(await tab(page, deed.tab).count(), shown ? 1 : 0, `${where}: tab`);
        if (shown) await tab(page, deed.tab).click();
        await page.getByLabel("Loading").first().waitFor({ state: "detached" });
      }
      if (deed.act) {
        if (may(deed.least)) await button(page, deed.act).first().waitFor();
        else assert.equal(await button(page, deed.act).count(), 0, `${where}: ${deed.act}`);
      }
      // What the page itself leaves out, the server refuses; what it has, the server looks at.
      EXPECTED.push(...[400, 403, 404, 409, 422].map((code) => `${code} ${deed.asks[1]}`));
      const told = await status(page, deed.asks);
      assert.equal(told === 403, !may(deed.least), `${where}: ${deed.asks.slice(0, 2).join(" ")} answers ${told}`);
      assert(told < 500, `${where}: ${told}`);
    }
    if (role !== OWNER) await page.context().close();
  }
}

await run(everyScreenIsInTheTable, everyRole);
