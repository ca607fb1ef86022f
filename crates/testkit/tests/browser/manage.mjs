// What an owner looks after: keys, webhooks, members, numbers, contacts, settings.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { AGENT, ask, button, EXPECTED, look, person, run, tab, until, visit } from "./lib.mjs";

async function aKeyIsShownOnce(page) {
  await visit(page, "/keys", "API keys");
  await button(page, "New key").first().click();
  await page.getByRole("dialog").getByLabel("Name").fill("crm");
  await button(page, "Create key").click();
  const secret = await page.getByRole("dialog", { name: "Keep this secret now" }).locator("pre").textContent();
  assert.match(secret, /^od_/);
  await button(page, "I saved it").click();
  await page.getByRole("cell", { name: "crm", exact: true }).waitFor();
  await page.reload();
  await page.getByRole("cell", { name: "crm", exact: true }).waitFor();
  assert(!(await page.content()).includes(secret), "the secret is gone");
  await look(page, "keys");
}

async function aWebhookIsTestedAndResent(page) {
  let taken = 0;
  const server = createServer((request, answer) => request.resume().on("end", () => answer.writeHead(++taken && 204).end())).listen(0, "127.0.0.1");
  await visit(page, "/webhooks", "Webhooks");
  await button(page, "New endpoint").first().click();
  await page.getByLabel("Address", { exact: true }).fill(`http://127.0.0.1:${server.address().port}/hook`);
  await button(page, "Add endpoint").click();
  await button(page, "I saved it").click();
  await button(page, "Test").click();
  await page.getByRole("cell", { name: "delivered", exact: true }).first().waitFor();
  await page.getByRole("table").getByRole("button").first().click();
  await button(page, "Resend").click();
  await page.getByText("It is sent again.", { exact: true }).first().waitFor();
  await button(page.getByRole("dialog"), "Close").click();
  await until(page, () => taken >= 2, "the endpoint got it twice");
  await look(page, "webhooks");
  server.close();
}

async function aViewerCannotEdit(page) {
  await visit(page, "/settings", "Settings");
  await look(page, "settings");
  await button(page, "Invite").click();
  const dialog = page.getByRole("dialog", { name: "Invite somebody" });
  await dialog.getByLabel("Name").fill("Vera");
  await dialog.getByLabel("E-mail").fill("vera@example.com");
  await dialog.getByLabel("Role").selectOption("viewer");
  await button(dialog, "Invite").click();
  const address = await page.getByRole("dialog", { name: "Hand this address over" }).locator("pre").textContent();
  const vera = await person("viewer");
  await vera.goto(address);
  await vera.getByLabel("Password").fill("another long password");
  await button(vera, "Join").click();
  await vera.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await visit(vera, "/calls", /^Calls/);
  await vera.getByText("No calls yet", { exact: true }).waitFor();
  assert.equal(await vera.getByRole("button", { name: /^Place/ }).count(), 0);
  await visit(vera, `/agents/${AGENT}`, new RegExp(`^${AGENT}`));
  await vera.getByLabel("Name", { exact: true }).waitFor();
  assert(await vera.getByLabel("Name", { exact: true }).isDisabled(), "fields are read only");
  for (const name of ["Publish", "Save draft", "Disable", "Start the talk"]) assert.equal(await button(vera, name).count(), 0, name);
  await vera.context().close();
}

async function contactsAreEdited(page) {
  await visit(page, "/people", "Contacts & blocks");
  await tab(page, "Contacts").click();
  await button(page, "New contact").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Maria Lopez");
  await dialog.getByLabel("Numbers", { exact: true }).fill("+15550300009");
  await dialog.getByLabel("Time zone").fill("America/New_York");
  await button(dialog, "Save").click();
  await dialog.waitFor({ state: "detached" });
  await button(page, "Maria Lopez").click();
  await dialog.getByLabel("Where it was given").fill("web form");
  await button(dialog, "Put on record").click();
  await dialog.getByText("express written", { exact: true }).waitFor();
  await look(page, "contact");
  await dialog.getByLabel("Company").fill("Brightline");
  await dialog.getByLabel(/^Must not be called/).check();
  await button(dialog, "Save").click();
  await page.getByRole("row").filter({ hasText: "Maria Lopez" }).getByRole("cell", { name: "no", exact: true }).waitFor();
  await page.getByRole("cell", { name: "Brightline", exact: true }).waitFor();
  await tab(page, "Do not call").click();
  await page.getByRole("cell", { name: "+15550300009", exact: true }).waitFor();
  await tab(page, "Why not called?").click();
  await page.getByLabel("Number to ask about").fill("+15550300009");
  await page.keyboard.press("Enter");
  await page.getByText("may not be called", { exact: true }).waitFor();
  await look(page, "people");
}

async function numbersAndTrunks(page) {
  await visit(page, "/telephony", "Numbers & trunks");
  await page.getByRole("region", { name: "Numbers" }).getByRole("row").nth(1).waitFor();
  await page.getByRole("button", { name: /^Test / }).first().click();
  await page.getByRole("dialog").getByText(/200 OK/).waitFor();
  await button(page.getByRole("dialog"), "Close").click();
  await look(page, "telephony");
  const dialog = page.getByRole("dialog");
  const saved = async (name) => {
    await button(dialog, name).click();
    await dialog.waitFor({ state: "detached" });
  };
  await button(page, "Trunk").click();
  await dialog.getByLabel("Name").fill("spare");
  await dialog.getByLabel("SIP address").fill("192.0.2.7");
  await dialog.getByLabel("User").fill("ada");
  await dialog.getByLabel("Password").fill("a secret");
  await saved("Add trunk");
  await button(page, "Edit spare").click();
  assert.equal(await dialog.getByLabel("Password").inputValue(), "", "a secret is not shown again");
  const spare = (await ask(page, "GET", "/v1/trunks")).items.find((one) => one.name === "spare");
  EXPECTED.push(`422 /v1/trunks/${spare.id}`);
  await dialog.getByLabel("SIP address").fill("http://x");
  await button(dialog, "Save trunk").click();
  await dialog.getByRole("alert").first().waitFor();
  await dialog.getByLabel("SIP address").fill("192.0.2.8:5062");
  await dialog.getByLabel("Channels").fill("30");
  await look(page, "trunk");
  await saved("Save trunk");
  const row = page.getByRole("row").filter({ hasText: "spare" });
  await row.getByText("192.0.2.8:5062", { exact: true }).waitFor();
  await row.getByText("ada", { exact: true }).waitFor();
  await page.getByRole("button", { name: /^Edit \+/ }).first().click();
  await dialog.getByLabel("Live at once").fill("5");
  await saved("Save number");
  await page.getByRole("region", { name: "Numbers" }).getByRole("cell", { name: "5", exact: true }).first().waitFor();
}

async function providersAreTested(page) {
  await visit(page, "/settings", "Settings");
  await tab(page, "Providers").click();
  const tests = page.getByRole("button", { name: /^Test embedded, / });
  await tests.first().waitFor();
  for (let nth = 0; nth < (await tests.count()); nth++) {
    await tests.nth(nth).click();
    await page.getByText(/^works, /).nth(nth).waitFor();
  }
  assert.equal(await tests.count(), 4, "ears, voice, meaning, turns");
  await page.getByText("not set up", { exact: true }).waitFor();
  await look(page, "settings-providers");
}

async function theOtherScreens(page) {
  await visit(page, "/wallet", "Wallet");
  await look(page, "wallet");
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByPlaceholder(/^A screen, an agent/).fill("webh");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Webhooks" }).waitFor();
}

await run(aKeyIsShownOnce, aWebhookIsTestedAndResent, aViewerCannotEdit, contactsAreEdited, numbersAndTrunks, providersAreTested, theOtherScreens);
