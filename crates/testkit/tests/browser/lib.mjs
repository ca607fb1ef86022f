// What every way through the dashboard shares: a browser whose faults are kept, a first owner, looks at a screen.
//
// A test fails where something was not seen, a request left this machine, the console told of an error, or axe-core
// found a serious barrier. With SCREENS=folder each look takes a picture of the screen, light and dark.
// Locators are exact, scoped or the first of many: a page may show a word twice while it changes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const { BASE, CODE, AGENT, FIRST, SECOND, REFUSING, VOICE, SCREENS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const faults = [];

const sound = VOICE ? ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-audio-capture=${VOICE}`] : [];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--disable-background-networking", ...sound],
});

/** Browsers report every such answer: nobody is signed in yet, and no wallet was opened. Tests add what they provoke. */
export const EXPECTED = ["401 /v1/session", "404 /v1/wallet"];

/** A browser of somebody's own, without motion: what fades in or out has no contrast to be judged by. */
export async function person(name) {
  const context = await browser.newContext({ viewport: SCREENS ? { width: 1280, height: 680 } : { width: 1360, height: 860 }, acceptDownloads: true, reducedMotion: "reduce" });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("console", (message) => {
    const at = `${/status of (\d+)/.exec(message.text())?.[1]} ${new URL(message.location().url || BASE).pathname}`;
    if (message.type() === "error" && !EXPECTED.includes(at)) faults.push(`${name}: console: ${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => faults.push(`${name}: ${error.stack}`));
  page.on("websocket", (socket) => {
    if (!socket.url().startsWith(BASE.replace(/^http/, "ws"))) faults.push(`${name}: leaves: ${socket.url()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (![BASE, "blob:", "data:"].some((own) => url.startsWith(own))) faults.push(`${name}: leaves: ${url}`);
  });
  return page;
}

/** No serious barrier on the screen as it is; a picture where they are wanted. */
export async function look(page, name) {
  await page.getByLabel("Loading").first().waitFor({ state: "detached" });
  for (const theme of SCREENS ? ["light", "dark"] : ["light"]) {
    await page.emulateMedia({ colorScheme: theme });
    const found = await page.evaluate(`(() => { const module = undefined; ${axe}; return window.axe.run(document, { resultTypes: ["violations"] }); })()`);
    for (const one of found.violations.filter((one) => ["serious", "critical"].includes(one.impact))) {
      faults.push(`${name} (${theme}): ${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
    }
    if (SCREENS) await page.screenshot({ path: `${SCREENS}/${name}-${theme}.png`, animations: "disabled" });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

export const button = (within, name) => within.getByRole("button", { name, exact: true });
export const tab = (within, name) => within.getByRole("tab", { name, exact: true });

/** Opens an address and waits for its screen. */
export async function visit(page, path, title) {
  await page.goto(`${BASE}/app${path}`);
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
}

/** The first owner's account; leaves the page on the overview. */
export async function firstOwner(page) {
  await page.goto(`${BASE}/app/setup#${CODE}`);
  await page.getByLabel("Your name").fill("Ada");
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("Password").fill("a long enough password");
  await button(page, "Create account").click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
}

/** Places a call from the log; leaves the page on the call. */
export async function placeCall(page, to) {
  await visit(page, "/calls", /^Calls/);
  await page.getByRole("button", { name: /^Place (a|the first) call$/ }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Number to call").fill(to);
  await button(dialog, "Call").click();
  await page.waitForURL(/\/app\/calls\/.+/);
}

/** What a page of ours asks the API for, under the cookie. */
export const ask = (page, method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const answer = await fetch(path, { method, headers: { "Outdial-Request": "dashboard", "Content-Type": "application/json" }, body: body && JSON.stringify(body) });
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
      return answer.status === 204 ? null : answer.json();
    },
    [method, path, body],
  );

/** Waits until something holds that no page shows. */
export async function until(page, holds, what) {
  for (const end = Date.now() + 20_000; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
    await page.evaluate(() => new Promise((next) => requestAnimationFrame(next)));
  }
}

/** Runs the parts in order, as the first owner, and ends the program. */
export async function run(...parts) {
  const page = await person("owner");
  try {
    await firstOwner(page);
    for (const part of parts) {
      console.log(`- ${part.name}`);
      await part(page);
    }
  } catch (error) {
    faults.push(error.stack);
    faults.push(`on the screen: ${(await page.locator("body").innerText().catch(() => "nothing")).slice(0, 1500)}`);
  }
  await browser.close();
  if (faults.length) {
    console.error([...new Set(faults)].join("\n"));
    process.exit(1);
  }
}
