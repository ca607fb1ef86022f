// Voicing AI by fetch and ws: publish, read one until it is over, read many by their ids, talk with the chatbot.

import WebSocket from 'ws';

import { poll, settings, tell } from './common.mjs';

const api = `${settings.base}/api/v1/campaigns`;
const headers = { 'x-api-key': settings.key, 'Content-Type': 'application/json' };
const ask = async (path, init) => (await fetch(`${api}${path}`, { headers, ...init })).json();

const published = await ask('/publish-outbound-call', {
  method: 'POST',
  body: JSON.stringify({
    assistant_id: settings.agent,
    phone_number: settings.to,
    input_variables: { name: 'John', product: 'solar panels' },
    telephony_provider: 'default',
  }),
});
const id = published.call_id;
const call = await poll(
  () => ask(`/get-call-details?call_id=${id}`),
  ({ status }) => ['completed', 'failed'].includes(status),
);
const many = await ask('/get-call-details/bulk-by-ids', { method: 'POST', body: JSON.stringify({ call_ids: [id] }) });
const refused = await fetch(`${api}/get-call-details?page=1`, { headers: { 'x-api-key': 'wrong' } });

// The chatbot answers one message with one message.
const chatbot = `${settings.base.replace('http', 'ws')}/api/v1/voicing/ws/platform/api/chatbot?assistant_id=${settings.agent}`;
const heard = await new Promise((resolve, reject) => {
  const messages = [];
  const socket = new WebSocket(chatbot, { headers: { 'x-api-key': settings.key } });
  socket.on('error', reject);
  socket.on('close', () => resolve(messages));
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    messages.push(message.type);
    if (message.type === 'assistant_message' && !/Goodbye/.test(message.text)) {
      socket.send(/interested/.test(message.text) ? 'No, not interested.' : 'Yes.');
    }
  });
});
tell({ id, heard, status: call.status, bulk: many.data[0].status, refused: [refused.status, await refused.json()] });
