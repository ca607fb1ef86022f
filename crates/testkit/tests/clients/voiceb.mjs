// VoiceB: the body is signed as JSON.stringify writes it; axios sends the same bytes.

import { createHmac } from 'node:crypto';
import axios from 'axios';
import { settings, tell } from './common.mjs';

const body = { phone: settings.to, variables: { name: 'John', product: 'VoiceB AI' } };
const signed = (secret) => ({
  'api-key': settings.key,
  signature: createHmac('sha256', secret).update(JSON.stringify(body)).digest('hex'),
  'Content-Type': 'application/json',
});
const click = (headers) => axios.post(`${settings.base}/api/click-to-call`, body, { headers, validateStatus: () => true });

const forged = await click(signed('another secret'));
const answer = await click(signed(settings.secret));
const again = await click(signed(settings.secret));
tell({
  id: answer.data.callId,
  status: answer.status,
  forged: [forged.status, forged.data.code],
  again: [again.status, again.data.code],
});
