// Voxpria by axios: trigger, read until it is over.

import axios from 'axios';
import { poll, settings, tell } from './common.mjs';

const voxpria = axios.create({
  baseURL: `${settings.base}/voxpria/api/v1`,
  headers: { Authorization: `Bearer ${settings.key}` },
});
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
const refused = await voxpria.get('/calls', { headers: { Authorization: 'Bearer wrong' }, validateStatus: () => true });
tell({ id, status: call.data.status, outcome: call.data.outcome, refused: [refused.status, refused.data.success] });
