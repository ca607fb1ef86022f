// Every screen with every role: it opens or says plainly that the role may not, what changes something is there for whoever
// may, and the server refuses the same to whoever asks past the screen.
//
// Requests past the screen go out from here with the browser's cookie, so that a refusal that a screen itself runs into
// stays an error of that screen.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AGENT, ask, BASE, button, FIRST, person, REFUSING, run, tab, until, visit } from "./lib.mjs";

const [VIEWER, OPERATOR, ADMIN, OWNER] = ["viewer", "operator", "admin", "owner"];
const ROLES = [VIEWER, OPERATOR, ADMIN, OWNER];
const ALL = VIEWER;
const named = (label) => (page) => page.getByLabel(label, { exact: true });

// Screen, its title, least role that sees it, and what changes something there with the least role that may: buttons by
// their names. A tab is opened first where one is named; `sees` is the least role that has it.
const TABLE = [
  ["/", "Overview", ALL],
  ["/calls", /^Calls/, ALL, { acts: ["Place a call"], least: OPERATOR }],
  ["/calls/$call", /^Call to/, ALL],
  ["/agents", "Agents", ALL, { acts: ["New agent"], least: OPERATOR }],
  ["/agents/$agent", new RegExp(`^${AGENT}`), ALL, { acts: ["Publish", "Save draft", "Disable", "Call", "Start the talk"], least: OPERATOR }],
  ["/agents/$agent", new RegExp(`^${AGENT}`), ALL, { tab: "Credentials & instructions", acts: ["Show credentials"], least: OPERATOR }],
  ["/reference", "API reference", ALL],
  ["/keys", "API keys", ADMIN, { acts: ["New key", "Rotate", "Revoke"], least: ADMIN }],
  ["/webhooks", "Webhooks", ALL, { acts: ["New endpoint", "Test", "Replay failed", "Rotate secret", "Switch off", "Delete"], least: ADMIN }],
  ["/people", "Contacts & blocks", ALL, { acts: ["Block a number", "Unblock"], least: OPERATOR }],
  ["/people", "Contacts & blocks", ALL, { tab: "Contacts", acts: ["New contact"], least: OPERATOR }],
  ["/telephony", "Numbers & trunks", ALL, { acts: ["Trunk", "Number", /^Test /, /^Edit /, "Delete"], least: ADMIN }],
  ["/wallet", "Wallet", ALL, { acts: ["Top up"], least: OWNER }],
  ["/settings", "Settings", ALL, { tab: "Members", sees: ADMIN, acts: ["Invite", "Remove", named("Role of viewer")], least: ADMIN }],
  ["/settings", "Settings", ALL, { tab: "Members", sees: ADMIN, acts: [named("Role of Ada")], least: OWNER }],
  ["/settings", "Settings", ALL, { tab: "Audit log", sees: ADMIN }],
  ["/settings", "Settings", ALL, { tab: "Nodes", sees: ADMIN }],
  ["/settings", "Settings", ALL, { tab: "Providers", acts: [/^Test embedded, /], least: OPERATOR }],
  ["/settings", "Settings", ALL, { tab: "Retention", acts: ["Save"], least: ADMIN }],
];

/** Screens for whoever is not signed in. */
const OUTSIDE = [["/sign-in", "Sign in"], ["/setup", "Welcome to Outdial"], ["/join", "Accept your invitation"]];

const pages = {};
let call;

/** A screen that nobody put into the table has no place here. */
async function everyScreenIsInTheTable() {
  const router = readFileSync(process.env.ROUTER, "utf8");
  const written = [...router.matchAll(/\bpath: "([^"]+)"|\boutside\("([^"]+)"/g)].map(([, path, outside]) => path ?? outside);
  assert.deepEqual([...new Set([...TABLE, ...OUTSIDE].map(([path]) => path))].sort(), written.sort());
}

/** One of each thing that a screen has controls for, and somebody of each role. */
async function somethingToLookAt(owner) {
  call = await ask(owner, "POST", "/v1/calls", { agent: AGENT, to: REFUSING.split(",")[0], variables: { name: "Ann", product: "solar panels" } });
  await until(owner, async () => (await ask(owner, "GET", `/v1/calls/${call.id}`)).ended_at, "the call is over");
  await ask(owner, "POST", "/v1/keys", { name: "crm", permissions: ["calls:read"] });
  await ask(owner, "POST", "/v1/webhooks", { url: "http://127.0.0.1:9/hook", events: ["call.ended"] });
  await ask(owner, "POST", "/v1/suppressions", { number: "+15550300077", reason: "requested" });
  pages[OWNER] = owner;
  for (const role of [VIEWER, OPERATOR, ADMIN]) pages[role] = await join(owner, role);
}

/** Somebody of this role, signed in. */
async function join(owner, role) {
  const { code } = await ask(owner, "POST", "/v1/members", { name: role, email: `${role}@example.com`, role });
  const page = await person(role);
  await page.goto(`${BASE}/app/join#${code}`);
  await page.getByLabel("Password").fill("another long password");
  await button(page, "Join").click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  return page;
}

/** While a call talks, it is listened to by all and steered by whoever may call. */
async function aLiveCall(owner) {
  const live = await ask(owner, "POST", "/v1/calls", { agent: AGENT, to: FIRST, variables: { name: "Ann", product: "solar panels" } });
  for (const role of [VIEWER, OPERATOR]) await visit(pages[role], `/calls/${live.id}`, /^Call to/);
  await named("Say")(pages[OPERATOR]).waitFor();
  await button(pages[VIEWER], "Listen in").waitFor();
  for (const control of [button(pages[VIEWER], "Hang up"), named("Say")(pages[VIEWER]), named("Transfer to")(pages[VIEWER])]) assert.equal(await control.count(), 0);
  await button(pages[OPERATOR], "Hang up").click();
  await button(pages[OPERATOR].getByRole("dialog"), "Hang up").click();
  await until(owner, async () => (await ask(owner, "GET", `/v1/calls/${live.id}`)).ended_at, "the call is over");
}

async function everyScreenWithEveryRole(owner) {
  // From now on calls cost money, of which there is none.
  await ask(owner, "PUT", "/v1/wallet", { currency: "EUR", rate_per_minute: "0.06" });
  for (const role of ROLES) {
    const may = (least) => ROLES.indexOf(role) >= ROLES.indexOf(least);
    for (const [path, title, least, { tab: name, sees = ALL, acts = [], least: doer = OWNER } = {}] of TABLE) {
      const [page, where] = [pages[role], `${role} at ${path} ${name ?? ""}`];
      await visit(page, path.replace("$call", call.id).replace("$agent", AGENT), title);
      await page.getByLabel("Loading").first().waitFor({ state: "detached" });
      assert.equal(await page.getByText("Nothing that your role may see", { exact: true }).count(), may(least) ? 0 : 1, where);
      if (name) {
        assert.equal(await tab(page, name).count(), may(sees) ? 1 : 0, `${where}: tab`);
        if (!may(sees)) continue;
        await tab(page, name).click();
        await page.getByLabel("Loading").first().waitFor({ state: "detached" });
      }
      for (const act of acts) {
        const control = typeof act === "function" ? act(page) : button(page, act);
        if (may(doer)) await control.first().waitFor();
        else assert.equal(await control.count(), 0, `${where}: ${act}`);
      }
    }
  }
}

/** Every operation whose permission a role lacks, asked for by hand; what is asked for names nothing that exists. */
async function nobodyGoesPastTheScreen(owner) {
  const { paths } = await ask(owner, "GET", "/openapi.json");
  const asked = {};
  for (const role of ROLES) {
    const held = (await ask(pages[role], "GET", "/v1/session")).permissions;
    const cookies = await pages[role].context().cookies();
    const headers = { Cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "), "Outdial-Request": "dashboard", "Content-Type": "application/json" };
    asked[role] = 0;
    for (const [path, operations] of Object.entries(paths).filter(([path]) => path.startsWith("/v1/"))) {
      for (const [method, { security }] of Object.entries(operations)) {
        const needs = security?.flatMap((one) => one.api_key ?? []) ?? [];
        if (!needs.length || needs.every((one) => held.includes(one))) continue;
        const body = ["get", "delete"].includes(method) ? undefined : "{}";
        const { status } = await fetch(BASE + path.replace(/\{\w+\}/g, "nobody"), { method: method.toUpperCase(), headers, body });
        assert.equal(status, 403, `${role}: ${method} ${path} takes ${needs}`);
        asked[role] += 1;
      }
    }
  }
  console.log(`figures ${JSON.stringify(asked)} refused`);
  assert(asked[VIEWER] > asked[OPERATOR] && asked[OPERATOR] > asked[ADMIN] && asked[ADMIN] > 0, "each role is refused less than the one below it");
}

async function aStrangerSignsInFirst() {
  const page = await person("stranger");
  for (const [path] of TABLE) await visit(page, path, "Sign in");
  for (const [path, title] of OUTSIDE) await visit(page, path, title);
}

await run(everyScreenIsInTheTable, somethingToLookAt, aLiveCall, everyScreenWithEveryRole, nobodyGoesPastTheScreen, aStrangerSignsInFirst);
