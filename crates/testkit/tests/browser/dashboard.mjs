// A first owner's way through the dashboard. Ends with 0 only if everything was seen, nothing left this machine and the
// console stayed clean. With SCREENS=folder it takes a picture of each screen, light and dark.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { BASE, CODE, AGENT, FIRST, SECOND, SCREENS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const faults = [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-background-networking"],
});

async function person(name) {
  const context = await browser.newContext({ viewport: { width: 1360, height: 860 }, bypassCSP: false });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("console", (message) => {
    // Browsers report every such answer: nobody is signed in yet, and no wallet was opened.
    const at = `${/status of (\d+)/.exec(message.text())?.[1]} ${new URL(message.location().url || BASE).pathname}`;
    const expected = at === "401 /v1/session" || at === "404 /v1/wallet";
    if (message.type() === "error" && !expected) faults.push(`${name}: console: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => faults.push(`${name}: ${error.stack}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(BASE) && !url.startsWith("blob:") && !url.startsWith("data:")) faults.push(`${name}: leaves: ${url}`);
  });
  return page;
}

/** No serious barrier on the screen as it is; a picture where they are wanted. */
async function look(page, name) {
  await page.waitForLoadState("networkidle").catch(() => {});
  for (const theme of SCREENS ? ["light", "dark"] : ["light"]) {
    await page.emulateMedia({ colorScheme: theme });
    const found = await page.evaluate(`(() => { const module = undefined; ${axe}; return window.axe.run(document, { resultTypes: ["violations"] }); })()`);
    for (const one of found.violations.filter((one) => ["serious", "critical"].includes(one.impact))) {
      faults.push(`${name} (${theme}): ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
    }
    if (SCREENS) await page.screenshot({ path: `${SCREENS}/${name}-${theme}.png` });
  }
  await page.emulateMedia({ colorScheme: "light" });
}
const visit = async (page, path, title) => {
  await page.goto(`${BASE}/app${path}`);
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
};
/** These words are on the page, whole; anywhere, and as often as it likes to say them. */
const seen = (place, text) => place.getByText(text, { exact: true }).first().waitFor();
const step = (text) => console.log(`- ${text}`);

/** Places a call on the call log; leaves the page on the call. */
async function placeCall(page, to) {
  await visit(page, "/calls", /Calls/);
  await page.getByRole("button", { name: /Place (a|the first) call/ }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Number to call").fill(to);
  await dialog.getByRole("button", { name: "Call", exact: true }).click();
  await page.waitForURL(/\/app\/calls\/.+/);
}

async function firstRun(page) {
  step("first owner");
  await page.goto(`${BASE}/`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await look(page, "sign-in");
  await page.goto(`${BASE}/app/setup#${CODE}`);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough password");
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  step("first call, live");
  await placeCall(page, FIRST);
  await seen(page, "Live transcript");
  await seen(page, "Agent");
  if (SCREENS) await look(page, "call-live");
  await page.getByText("Live transcript", { exact: true }).waitFor({ state: "detached", timeout: 100_000 });
  step("its recording plays");
  await page.locator("[data-ready=true]").waitFor();
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction(() => /^0:0[1-9]/.test(document.querySelector("[data-testid=clock]")?.textContent ?? ""));
  await page.getByRole("button", { name: "Pause" }).click();
  await look(page, "call");
  for (const tab of ["Timeline", "Latency", "Webhooks", "Raw"]) {
    await page.getByRole("tab", { name: tab }).click();
    if (tab === "Timeline" && !SCREENS) await look(page, "call-timeline");
  }
}

async function testRun(page) {
  step("API reference: Test Run dials");
  await visit(page, "/reference?operation=post%20%2Fv1%2Fcalls", "API reference");
  await page.locator(".cm-content").click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(JSON.stringify({ agent: AGENT, to: SECOND, variables: { name: "Maria", product: "solar panels" } }, null, 2));
  await page.getByText(SECOND).nth(1).waitFor();
  await page.getByRole("button", { name: "Test Run" }).click();
  await page.getByRole("dialog").getByText("This makes a telephone ring").waitFor();
  await page.getByRole("button", { name: "Dial for real" }).click();
  await seen(page, "201");
  await page.getByTestId("answer").getByText(/"status": "queued"/).waitFor();
  await look(page, "reference");
  for (const dialect of ["klen", "vonage", "voiceb", "voicing", "voxpria"]) {
    await page.getByLabel("API", { exact: true }).selectOption(dialect);
    await page.getByRole("button", { name: "Test Run" }).waitFor();
  }
}

async function keys(page) {
  step("a key is shown once");
  await visit(page, "/keys", "API keys");
  await page.getByRole("button", { name: "New key" }).first().click();
  await page.getByRole("dialog").getByLabel("Name").fill("crm");
  await page.getByRole("button", { name: "Create key" }).click();
  const secret = await page.getByRole("dialog").locator("pre").textContent();
  assert.match(secret, /^od_/);
  await page.getByRole("button", { name: "I saved it" }).click();
  await seen(page, "crm");
  await page.reload();
  await seen(page, "crm");
  assert(!(await page.content()).includes(secret), "the secret is gone");
  await look(page, "keys");
}

async function agent(page) {
  step("an agent is edited, published and rolled back");
  await visit(page, `/agents/${AGENT}`, new RegExp(AGENT));
  const editor = page.locator(".cm-content");
  await editor.waitFor();
  await look(page, "agent");
  await editor.click();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.press("End");
  await page.keyboard.insertText(" two");
  await seen(page, "unsaved");
  await page.getByRole("button", { name: "Publish" }).click();
  await seen(page, "Published.");
  await page.getByRole("tab", { name: "Versions" }).click();
  await seen(page, "Version 2");
  await page.getByRole("button", { name: "Roll back" }).last().click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("listitem").filter({ hasText: /Version (1|3)/ }).filter({ hasText: "in use" }).waitFor();
  await page.getByRole("tab", { name: /Credentials/ }).click();
  await page.getByRole("button", { name: "Show credentials" }).click();
  await seen(page, "Token");
  await visit(page, "/agents", "Agents");
  await look(page, "agents");
}

async function webhooks(page) {
  step("a webhook is tested and resent");
  let taken = 0;
  const server = createServer((request, answer) => request.resume().on("end", () => answer.writeHead(++taken && 204).end())).listen(0, "127.0.0.1");
  await visit(page, "/webhooks", "Webhooks");
  await page.getByRole("button", { name: "New endpoint" }).first().click();
  await page.getByLabel("Address").fill(`http://127.0.0.1:${server.address().port}/hook`);
  await page.getByRole("button", { name: "Add endpoint" }).click();
  await page.getByRole("button", { name: "I saved it" }).click();
  await page.getByRole("button", { name: "Test", exact: true }).click();
  const row = page.getByRole("table").getByRole("button").first();
  await row.waitFor();
  await row.click();
  await page.getByRole("button", { name: "Resend" }).click();
  await seen(page, "It is sent again.");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  const began = Date.now();
  while (taken < 2 && Date.now() - began < 20_000) await page.waitForTimeout(100);
  assert(taken >= 2, "the endpoint got it twice");
  await look(page, "webhooks");
  server.close();
}

async function viewer(page) {
  step("a viewer cannot edit");
  await visit(page, "/settings", "Settings");
  await look(page, "settings");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Vera");
  await dialog.getByLabel("E-mail").fill("vera@example.com");
  await dialog.getByLabel("Role").selectOption("viewer");
  await dialog.getByRole("button", { name: "Invite" }).click();
  const address = await page.getByRole("dialog").locator("pre").textContent();
  const vera = await person("viewer");
  await vera.goto(address);
  await vera.getByLabel("Password").fill("another long password");
  await vera.getByRole("button", { name: "Join" }).click();
  await vera.getByRole("heading", { name: "Overview" }).waitFor();
  await visit(vera, "/calls", /Calls/);
  await vera.getByRole("row").nth(1).waitFor();
  assert.equal(await vera.getByRole("button", { name: /Place/ }).count(), 0);
  await visit(vera, `/agents/${AGENT}`, new RegExp(AGENT));
  await vera.locator(".cm-content").waitFor();
  for (const name of ["Publish", "Save draft", "Disable"]) assert.equal(await vera.getByRole("button", { name }).count(), 0, name);
}

async function theRest(page) {
  step("the other screens");
  for (const [path, title] of [["/", "Overview"], ["/calls", /Calls/], ["/people", "Contacts & blocks"], ["/telephony", "Numbers & trunks"], ["/wallet", "Wallet"]]) {
    await visit(page, path, title);
    await look(page, path.slice(1) || "overview");
  }
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByPlaceholder(/A screen, an agent/).fill("webh");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Webhooks" }).waitFor();
}

try {
  const page = await person("owner");
  await firstRun(page);
  for (const part of [testRun, keys, agent, webhooks, viewer, theRest]) {
    try {
      await part(page);
    } catch (error) {
      faults.push(`${part.name}: ${error.stack}`);
    }
  }
} catch (error) {
  faults.push(error.stack);
}
await browser.close();
if (faults.length) {
  console.error([...new Set(faults)].join("\n"));
  process.exit(1);
}
