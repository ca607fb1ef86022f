// Vonage AI Studio by axios: make a call, try again while it is refused with 429, read the session until it is over.

import axios from 'axios';
import { poll, settings, tell } from './common.mjs';

const studio = axios.create({
  baseURL: settings.base,
  headers: { 'X-Vgai-Key': settings.key },
  validateStatus: () => true,
});
const body = {
  agent_id: settings.agent,
  to: settings.to.replace('+', ''),
  hangup_on_answer_machine: true,
  session_parameters: [{ name: 'name', value: 'John' }, { name: 'product', value: 'solar panels' }],
};
const made = await poll(() => studio.post('/telephony/make-call', body), ({ status }) => status !== 429);
const id = made.data.session_id;
const { data: session } = await poll(
  () => studio.get(`/insights/sessions/${id}`),
  ({ data }) => data.session_end_time !== null,
);
const filter = encodeURIComponent(JSON.stringify({ must: [{ term: { id } }] }));
const { data: page } = await studio.get(`/insights/sessions?filter_by=${filter}`);
tell({ id, status: session.status, reason: session.end_reason, found: page.total, product: session.parameters.product });
