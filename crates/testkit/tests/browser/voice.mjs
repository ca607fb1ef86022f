// A talk by voice in the browser: the microphone hears a file, the agent answers as in a call.
import { AGENT, button, look, run, visit } from "./lib.mjs";

async function aTalkByVoice(page) {
  await visit(page, `/agents/${AGENT}`, new RegExp(`^${AGENT}`));
  const panel = page.getByRole("tabpanel", { name: "Test" });
  await button(panel, "By voice").click();
  await button(panel, "Start talking").click();
  const talk = panel.getByRole("log");
  await talk.getByText("Agent", { exact: true }).first().waitFor();
  // The meter moves with what the microphone hears, and what was said stands in the transcript.
  await page.waitForFunction(() => Number(document.querySelector('[role=meter][aria-label="Microphone"]')?.getAttribute("aria-valuenow")) > 20);
  await talk.getByText(/yes/i).first().waitFor();
  await button(panel, "Keys").click();
  await button(panel, "Key 1").click();
  await button(panel, "Key #").click();
  // What was heard between them parts them.
  await talk.getByText(/^→ you pressed 1?#$/).waitFor();
  await look(page, "agent-voice");
  await button(panel, "Mute").click();
  await button(panel, "Unmute").waitFor();
  await button(panel, "Hang up").click();
  await panel.getByTestId("outcome").getByText("ended: callee hangup", { exact: true }).waitFor();
}

await run(aTalkByVoice);
