// The agent's editor: fields and YAML, sample values, a talk in writing, versions, files in and out.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { AGENT, BASE, button, look, run, tab, visit } from "./lib.mjs";

const editor = (page) => page.getByLabel("Definition", { exact: true }).and(page.locator(".cm-content"));
const open = (page) => visit(page, `/agents/${AGENT}`, new RegExp(`^${AGENT}`));

async function fieldsAndYaml(page) {
  await open(page);
  await page.getByLabel("Name", { exact: true }).waitFor();
  await look(page, "agent");
  await page.getByLabel("Name", { exact: true }).fill("Lead callback two");
  await page.getByText("unsaved", { exact: true }).waitFor();
  await page.getByText("Limits", { exact: true }).click();
  await page.getByLabel("Ring timeout, s").fill("35");
  await tab(page, "YAML").click();
  await editor(page).getByText("Lead callback two").waitFor();
  await editor(page).click();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.insertText("# ours\n");
  await tab(page, "Fields").click();
  await page.getByLabel("Name", { exact: true }).fill("Lead callback three");
  await tab(page, "YAML").click();
  await editor(page).getByText("# ours").waitFor();
  await look(page, "agent-yaml");
}

async function aTalkInWriting(page) {
  const panel = page.getByRole("tabpanel", { name: "Test" });
  await tab(page, "Test").click();
  await button(panel, "Start the talk").click();
  const talk = panel.getByRole("log");
  await talk.getByText(/Am I speaking with Ann\?/).first().waitFor();
  await page.getByText("unsaved", { exact: true }).waitFor({ state: "detached" });
  const say = async (text, answer) => {
    await panel.getByLabel("What the callee says").fill(text);
    await button(panel, "Say it").click();
    await talk.getByText(answer).first().waitFor();
  };
  await say("Yes, speaking.", /still interested/);
  await say("No, I am not interested anymore.", /Thank you for your time, Ann/);
  await talk.getByText("→ understood: not interested", { exact: true }).waitFor();
  await panel.getByTestId("outcome").getByText("not interested", { exact: true }).waitFor();
  await look(page, "agent-chat");
  // The talk is over; saying the second turn differently leads there anew.
  await talk.getByText("No, I am not interested anymore.", { exact: true }).hover();
  await button(talk, "Say turn 2 differently").click();
  await talk.getByLabel("Say it differently").fill("Yes, I am.");
  await button(talk, "Say this").click();
  await talk.getByText(/When would be a good time/).first().waitFor();
  assert.equal(await talk.getByText("No, I am not interested anymore.", { exact: true }).count(), 0);
  // Within an open talk, a turn is taken back.
  await talk.getByText("Yes, I am.", { exact: true }).hover();
  await button(talk, "Say turn 2 differently").click();
  await talk.getByLabel("Say it differently").fill("I already bought one.");
  await button(talk, "Say this").click();
  await panel.getByTestId("outcome").getByText("already bought", { exact: true }).waitFor();
}

async function sampleValues(page) {
  await tab(page, "Variables").click();
  await page.getByLabel("Sample value of name").fill("Zoe");
  await page.getByLabel("Sample value of product").fill("");
  await page.getByText("Trials need a value for it.", { exact: true }).waitFor();
  await look(page, "agent-variables");
  await page.getByLabel("Sample value of product").fill("heat pumps");
  await page.reload();
  await button(page, "Start the talk").click();
  await page.getByRole("log").getByText(/Am I speaking with Zoe\?/).first().waitFor();
}

async function publishAndRollBack(page) {
  await open(page);
  await button(page, "Publish").click();
  await page.getByText("Published.", { exact: true }).first().waitFor();
  await tab(page, "Versions").click();
  await page.getByText("Version 2", { exact: true }).waitFor();
  await button(page, "Compare").last().click();
  await page.getByRole("dialog").getByText("+ name: Lead callback three").waitFor();
  await button(page.getByRole("dialog"), "Close").click();
  await button(page, "Roll back").last().click();
  await button(page.getByRole("dialog"), "Roll back").click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByRole("listitem").filter({ hasText: /Version (1|3)/ }).filter({ hasText: "in use" }).first().waitFor();
  await tab(page, "Credentials & instructions").click();
  await button(page, "Show credentials").click();
  await page.getByRole("term").filter({ hasText: /^Token$/ }).waitFor();
  // It is unchecked once the server has said so.
  await page.getByLabel("Ask for a signature").click();
  await page.getByText("Calls go without a signature from now on.", { exact: true }).first().waitFor();
  await button(page, "Use your own").click();
  await page.getByRole("dialog").getByLabel("Token").fill("tok_of_before");
  await button(page, "Use them").click();
  await page.getByText("tok_of_before", { exact: true }).waitFor();
  await page.getByLabel("API", { exact: true }).selectOption("voiceb");
  await page.getByText(/openssl dgst -sha256/).first().waitFor();
}

async function filesInAndOut(page) {
  await open(page);
  const out = async (item) => {
    await button(page, "File").click();
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("menuitem", { name: item }).click()]);
    return readFileSync(await file.path(), "utf8");
  };
  const definition = JSON.parse(await out("Export as JSON"));
  assert.equal(definition.flow.start, "greet");
  assert.match(await out("Export as YAML"), /^name: /m);
  definition.name = "From a file";
  await page.getByLabel("Definition as a file").setInputFiles({ name: "mine.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(definition)) });
  await page.getByText("unsaved", { exact: true }).waitFor();
  await page.waitForFunction(() => [...document.querySelectorAll("input")].some((input) => input.value === "From a file"));
  await page.getByLabel("Definition as a file").setInputFiles({ name: "not.yaml", mimeType: "text/yaml", buffer: Buffer.from("a: [") });
  await page.getByText(/^not.yaml is no definition/).first().waitFor();
  await button(page, "Save draft").click();
  await page.getByText("Draft saved.", { exact: true }).first().waitFor();
  await visit(page, "/agents", "Agents");
  await page.getByText("From a file", { exact: true }).waitFor();
  await look(page, "agents");
}

async function aVoiceIsHeardAndAToolIsRun(page) {
  await open(page);
  await page.getByText("Voice", { exact: true }).first().click();
  await page.getByLabel("Voices of this server").selectOption("embedded:heart-low");
  await page.getByLabel("What the voice says").fill("Good morning.");
  const [sample] = await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/sample")), button(page, "Listen").click()]);
  assert.equal(sample.headers()["content-type"], "audio/wav");
  const heard = Number(sample.headers()["content-length"]);
  assert(heard > 8_000, `more than half a second, not ${heard} bytes`);
  const tools = { crm: { url: `${BASE}/healthz?who={{name}}&day={{arguments.day}}`, parameters: { type: "object", properties: { day: { type: "string", example: "Monday" } } } } };
  const [file] = await Promise.all([page.waitForEvent("download"), (async () => {
    await button(page, "File").click();
    await page.getByRole("menuitem", { name: "Export as JSON" }).click();
  })()]);
  const definition = { ...JSON.parse(readFileSync(await file.path(), "utf8")), tools };
  await page.getByLabel("Definition as a file").setInputFiles({ name: "tools.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(definition)) });
  await page.getByText("Tools", { exact: true }).first().click();
  assert.match(await page.getByLabel("Arguments of the test").inputValue(), /"day": "Monday"/);
  await button(page, "Test crm").click();
  await page.getByText("200", { exact: true }).first().waitFor();
  await look(page, "agent-tools");
}

await run(fieldsAndYaml, aTalkInWriting, sampleValues, publishAndRollBack, filesInAndOut, aVoiceIsHeardAndAToolIsRun);
