// Voxpria by axios: make a webhook, trigger, read until it is over. What the webhook brings is parsed, written again with
// JSON.stringify and signed, as the documents' sample does it.

import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import axios from 'axios';
import { poll, settings, tell } from './common.mjs';

const voxpria = axios.create({
  baseURL: `${settings.base}/voxpria/api/v1`,
  headers: { Authorization: `Bearer ${settings.key}` },
});
const heard = [];
const receiver = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    heard.push({ body: JSON.parse(text), headers: request.headers });
    response.writeHead(200).end();
  });
});
await new Promise((resolve) => receiver.listen(0, '127.0.0.1', resolve));
const { data: webhook } = await voxpria.post('/webhooks', {
  url: `http://127.0.0.1:${receiver.address().port}/voxpria`,
  events: ['call.started', 'call.completed', 'call.failed'],
  active: true,
});
const genuine = ({ body, headers }) => {
  const digest = (text) => createHmac('sha256', webhook.data.secret).update(text).digest('hex');
  const [t, v1] = headers['x-webhook-signature'].split(',').map((part) => part.split('=')[1]);
  const again = JSON.stringify(body);
  return headers['x-voxpria-signature'] === `sha256=${digest(again)}` && v1 === digest(`${t}.${again}`);
};

const { data: triggered } = await voxpria.post('/calls', {
  agentId: settings.agent,
  toNumber: settings.to,
  variables: { name: 'John', product: 'solar panels' },
});
const id = triggered.data.callId;
const live = ['queued', 'ringing', 'in_progress'];
const { data: call } = await poll(
  () => voxpria.get(`/calls/${id}`),
  ({ data }) => !live.includes(data.data.status),
);
const recording = await axios.get(call.data.recording, { responseType: 'arraybuffer' });
const own = () => heard.filter(({ body }) => body.data.callId === id);
await poll(own, (events) => events.some(({ body }) => body.event === 'call.completed'));
receiver.close();
const refused = await voxpria.get('/calls', { headers: { Authorization: 'Bearer wrong' }, validateStatus: () => true });
tell({ id, recording: [recording.headers['content-type'], recording.data.subarray(0, 4).toString()], status: call.data.status, events: own().map((one) => [one.body.event, genuine(one)]), refused: [refused.status, refused.data.success] });
