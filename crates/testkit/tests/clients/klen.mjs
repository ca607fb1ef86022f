// Klen AI by fetch: start with nested variables, read one until it is over, find it in the list.

import { poll, settings, tell } from './common.mjs';

const api = `${settings.base}/klen/api/v1`;
const headers = { Authorization: `Bearer ${settings.key}`, 'Content-Type': 'application/json' };
const ask = async (path, init) => (await fetch(`${api}${path}`, { headers, ...init })).json();

const started = await ask('/calls', {
  method: 'POST',
  body: JSON.stringify({
    phone_number: settings.to,
    agent_id: settings.agent,
    variables: { name: 'John', product: 'solar panels', custom_context: { account_status: 'premium' } },
  }),
});
const call = await poll(
  () => ask(`/calls/${started.id}`),
  ({ status }) => ['completed', 'failed'].includes(status),
);
const page = await ask('/calls?limit=100');
const listed = page.calls.filter((row) => row.id === started.call_id).map((row) => row.status);
const refused = await fetch(`${api}/calls`, { method: 'POST', headers, body: '{}' });
tell({ id: started.call_id, status: call.status, listed, refused: [refused.status, (await refused.json()).error] });
