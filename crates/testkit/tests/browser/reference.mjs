// The API reference: Test Run dials, signs as VoiceB's senders do, and talks over WebSockets.
import { AGENT, ask, button, EXPECTED, FIRST, look, run, SECOND, tab, visit } from "./lib.mjs";

const body = (page) => page.getByLabel("Body", { exact: true }).and(page.locator(".cm-content"));
const to = (operation, dialect = "native") => `/reference?dialect=${dialect}&operation=${encodeURIComponent(operation)}`;

async function write(page, value) {
  await body(page).click();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.insertText(JSON.stringify(value, null, 2));
}

async function testRunDials(page) {
  await visit(page, to("post /v1/calls"), "API reference");
  await write(page, { agent: AGENT, to: SECOND, variables: { name: "Maria", product: "solar panels" } });
  await page.getByRole("tabpanel", { name: "cURL" }).getByText(SECOND).waitFor();
  await button(page, "Test Run").click();
  await page.getByRole("dialog", { name: "This makes a telephone ring" }).waitFor();
  await button(page, "Dial for real").click();
  const answer = page.getByTestId("answer");
  await answer.getByText(/"status": "queued"/).waitFor();
  await page.getByText("201", { exact: true }).last().waitFor();
  await look(page, "reference");
}

async function everyDialectIsThere(page) {
  for (const dialect of ["klen", "vonage", "voicing", "voxpria", "voiceb"]) {
    await page.getByLabel("API", { exact: true }).selectOption(dialect);
    await page.getByRole("navigation", { name: "Requests" }).getByRole("button").first().waitFor();
  }
}

async function aBodyIsSigned(page) {
  await visit(page, to("post /api/click-to-call", "voiceb"), "API reference");
  await write(page, { phone: FIRST, variables: { name: "Maria", product: "solar panels" } });
  await tab(page, "Headers").first().click();
  const run = async (status) => {
    await button(page, "Test Run").click();
    await button(page.getByRole("dialog"), "Dial for real").click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByText(status, { exact: true }).last().waitFor();
  };
  await page.getByLabel("Fill in for an agent").selectOption(AGENT);
  const secret = page.getByLabel("The agent's secret");
  await page.waitForFunction((input) => input.value !== "", await secret.elementHandle());
  const right = await secret.inputValue();
  EXPECTED.push("403 /api/click-to-call");
  await secret.fill("wrong");
  await run("403");
  await page.getByTestId("answer").getByText(/ctc:006/).waitFor();
  await secret.fill(right);
  await run("200");
  await page.getByTestId("answer").getByText(/Call initiated/).waitFor();
  await page.getByRole("tabpanel", { name: "cURL" }).getByText(/openssl dgst -sha256/).waitFor();
}

async function aWebSocketByHand(page) {
  await visit(page, to("get /v1/agents/{agent}/chat"), "API reference");
  await page.getByLabel("agent *").selectOption(AGENT);
  const frames = page.getByRole("log", { name: "Frames" });
  const send = async (text, answer) => {
    await page.getByLabel("Frame to send").fill(text);
    await button(page, "Send").click();
    await frames.getByText(answer).last().waitFor();
  };
  await button(page, "Connect").click();
  await page.getByText("connected", { exact: true }).waitFor();
  await send('{"type":"start","variables":{"name":"Ann","product":"solar panels"}}', /"type":"listening"/);
  await send('{"type":"message","text":"Yes, speaking."}', /"turn":1/);
  await look(page, "reference-console");
  await button(page, "Disconnect").click();
  await page.getByText("not connected", { exact: true }).waitFor();
  // A vendor's: its key goes into the address, as browsers have it.
  const key = await ask(page, "POST", "/v1/keys", { name: "rest", dialect: "voicing", category: "Rest APIs" });
  await visit(page, to("get /api/v1/voicing/ws/platform/api/chatbot", "voicing"), "API reference");
  await page.getByLabel("x-api-key", { exact: true }).fill(key.secret);
  await page.getByLabel("Fill in for an agent").selectOption(AGENT);
  await button(page, "Connect").click();
  await frames.getByText(/assistant_message/).first().waitFor();
  await send("Yes, speaking.", /still interested/);
  await button(page, "Disconnect").click();
  await frames.getByText(/^closed/).waitFor();
}

await run(testRunDials, everyDialectIsThere, aBodyIsSigned, aWebSocketByHand);
