// What every client here needs: its settings, waiting for a call's end, and a last line that the test reads.

const need = (name) => process.env[name] ?? (() => { throw new Error(`${name} is not set`); })();

/** Where the server is, what opens it, which agent calls, and whom. */
export const settings = { base: need('BASE'), key: need('KEY'), secret: process.env.SECRET, agent: need('AGENT'), to: need('TO') };

/** Asks until `over` says so of the answer. */
export async function poll(ask, over) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (over(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`not over in time: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** What became of the call, for the test. */
export const tell = (story) => console.log(JSON.stringify(story));
