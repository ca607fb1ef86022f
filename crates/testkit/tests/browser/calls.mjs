// Calls: placed, followed and steered live, heard and read afterwards, found again in the log.
import { AGENT, ask, BASE, button, FIRST, look, person, placeCall, REFUSING, run, SCREENS, tab, visit } from "./lib.mjs";

async function signIn() {
  const stranger = await person("stranger");
  await stranger.goto(`${BASE}/`);
  await stranger.getByRole("heading", { name: "Sign in", exact: true }).waitFor();
  await look(stranger, "sign-in");
  await stranger.context().close();
}

async function aLiveCall(page) {
  await placeCall(page, FIRST);
  const talk = page.getByRole("region", { name: "Live transcript" });
  await talk.getByText("Agent", { exact: true }).first().waitFor();
  await steered(page, talk);
  await talk.getByText("Callee", { exact: true }).first().waitFor();
  await look(page, "call-live");
  await talk.waitFor({ state: "detached", timeout: 100_000 });
}

/** Both sides are heard, and what a person gives the agent to say is said. */
async function steered(page) {
  await button(page, "Listen in").click();
  const levels = page.getByTestId("levels").getByRole("meter");
  await levels.first().waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("[data-testid=levels] [role=meter]")].some((meter) => Number(meter.getAttribute("aria-valuenow")) > 10));
  await page.getByLabel("Say", { exact: true }).fill("One moment, please.");
  await button(page, "Say: send").click();
  await page.getByText("It is said next.", { exact: true }).first().waitFor();
  await page.getByLabel("Note", { exact: true }).fill("She is a customer already.");
  await button(page, "Note: send").click();
  await page.getByText("The agent knows.", { exact: true }).first().waitFor();
}

async function itsRecordingPlays(page) {
  await page.locator("[data-ready=true]").waitFor();
  await button(page, "Play").click();
  await page.waitForFunction(() => /^0:0[1-9]/.test(document.querySelector("[data-testid=clock]")?.textContent ?? ""));
  await button(page, "Pause").click();
  await look(page, "call");
  for (const name of ["Timeline", "Latency", "Webhooks", "Raw"]) {
    await tab(page, name).click();
    if (name === "Timeline") {
      // The messages as they went over the wire; a click opens one, and so does a key.
      const panel = page.getByRole("tabpanel", { name });
      await button(panel, "INVITE").first().click();
      await panel.getByLabel("INVITE, the whole message").getByText(/^INVITE sip:/).waitFor();
      await button(panel, "BYE").press("Enter");
      await panel.getByLabel("BYE, the whole message").getByText(/^BYE sip:/).waitFor();
    }
    if (name === "Timeline" || name === "Latency") await look(page, `call-${name.toLowerCase()}`);
  }
}

/** Calls that come to nothing, each for another reason. */
async function callsThatFail(page) {
  for (const to of REFUSING.split(",")) await ask(page, "POST", "/v1/calls", { agent: AGENT, to, variables: { name: "Ann", product: "solar panels" } });
  await visit(page, "/calls", /^Calls/);
  for (const status of ["busy", "rejected", "failed"]) await page.getByRole("row").getByText(status, { exact: true }).first().waitFor();
}

async function theLog(page) {
  await visit(page, "/calls?status=completed", /^Calls/);
  await page.getByRole("row").nth(1).waitFor();
  await page.getByLabel("Status").selectOption("no_answer");
  await page.getByText("No call fits these filters", { exact: true }).waitFor();
  await button(page, "Clear filters").click();
  await page.getByRole("row").nth(1).waitFor();
  await look(page, "calls");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/app\/calls\/.+/);
}

async function theOverview(page) {
  await visit(page, "/", "Overview");
  await page.getByRole("img", { name: /^Calls by day/ }).waitFor();
  await page.getByRole("region", { name: "What wants mending" }).getByRole("listitem").first().waitFor();
  await look(page, "overview");
}

await run(...(SCREENS ? [signIn] : []), aLiveCall, itsRecordingPlays, callsThatFail, theLog, theOverview);
