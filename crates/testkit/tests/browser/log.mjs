// A log of 100,000 calls: rows are made for what is seen, pages come as one scrolls, and a new call comes in above them.
import assert from "node:assert/strict";
import { AGENT, ask, look, REFUSING, run, until, visit } from "./lib.mjs";

/** Rows that one scrolls through. */
const FAR = 3_000;
/** Rows that may be on the page at once: a screen of them, and some above and below. */
const MOST_ROWS = 80;

async function scrolledFar(page) {
  await visit(page, "/calls", /^Calls/);
  const table = page.getByRole("table", { name: "Calls" });
  await table.getByRole("row").nth(20).waitFor();
  const seen = await page.evaluate(async (far) => {
    const table = document.querySelector('[role=table][aria-label="Calls"]');
    const box = table.querySelector("[role=rowgroup]");
    const long = [];
    new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
    const [frames, begun] = [[], performance.now()];
    let [most, last] = [0, begun];
    while (Number(table.getAttribute("aria-rowcount")) < far) {
      if (performance.now() - begun > 90_000) throw new Error(`only ${table.getAttribute("aria-rowcount")} rows`);
      box.scrollTop += 400;
      await new Promise((next) => requestAnimationFrame(next));
      const now = performance.now();
      frames.push(now - last);
      last = now;
      most = Math.max(most, box.querySelectorAll("[role=row]").length);
    }
    frames.sort((a, b) => a - b);
    return { rows: Number(table.getAttribute("aria-rowcount")), most, took: last - begun, frames: frames.length, p50: frames[frames.length >> 1], p95: frames[Math.floor(frames.length * 0.95)], longest: frames.at(-1), long: long.length };
  }, FAR);
  console.log(`figures ${JSON.stringify(seen, (_, value) => (typeof value === "number" ? Math.round(value * 10) / 10 : value))}`);
  assert(seen.most <= MOST_ROWS, `${seen.most} rows on the page`);
}

async function aNewCallComesInAbove(page) {
  const table = page.getByRole("table", { name: "Calls" });
  const [busy] = REFUSING.split(",");
  const call = await ask(page, "POST", "/v1/calls", { agent: AGENT, to: busy, variables: { name: "Ann", product: "solar panels" } });
  await page.evaluate(() => (document.querySelector('[role=table][aria-label="Calls"] [role=rowgroup]').scrollTop = 0));
  await table.getByRole("row").filter({ hasText: busy }).first().waitFor();
  await until(page, async () => (await ask(page, "GET", `/v1/calls/${call.id}`)).ended_at, "the call is over");
  await look(page, "calls-many");
}

async function filtersAskTheServer(page) {
  await page.getByLabel("Status", { exact: true }).selectOption("failed");
  const table = page.getByRole("table", { name: "Calls" });
  await table.getByRole("row").nth(5).waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll('[role=table][aria-label="Calls"] [role=rowgroup] [role=row]')].every((row) => /failed/.test(row.textContent)));
  await page.getByLabel("Status", { exact: true }).selectOption("ringing");
  await page.getByText("No call fits these filters", { exact: true }).waitFor();
}

await run(scrolledFar, aNewCallComesInAbove, filtersAskTheServer);
