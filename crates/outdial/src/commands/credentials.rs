//! `outdial agents credentials`: what a website needs to have an agent call somebody, with code that is ready to run.

use api::wire::credentials::Credentials;

/// Everything, for a person to copy from.
pub(super) fn instructions(credentials: &Credentials, server: &str) -> String {
    let Credentials { token, secret, verify_signature, names } = credentials;
    let server = server.trim_end_matches('/');
    let signature = if *verify_signature { "asked for" } else { "not asked for" };
    format!(
        r#"Click to call (VoiceB; for a published agent of type click_to_call)
  endpoint   POST {server}/api/click-to-call
  api-key    {token}
  secret     {secret}
  signature  {signature}

Names of this agent in the other APIs
  Voicing AI        assistant_id  {voicing}
  Klen AI           agent_id      {klen} or {integer}
  Vonage AI Studio  agent_id      {vonage}
  Voxpria           agentId       {voxpria}

Call from backends only: whoever has the secret can have this agent call people.

Shell
  BODY='{{"phone":"+15550100001","variables":{{"name":"John"}}}}'
  SIGNATURE=$(printf %s "$BODY" | openssl dgst -sha256 -hmac '{secret}' | sed 's/.* //')
  curl {server}/api/click-to-call -H 'api-key: {token}' -H "signature: $SIGNATURE" \
    -H 'content-type: application/json' -d "$BODY"

Node.js
  import {{ createHmac }} from 'node:crypto';
  const body = JSON.stringify({{ phone: '+15550100001', variables: {{ name: 'John' }} }});
  const signature = createHmac('sha256', '{secret}').update(body).digest('hex');
  const headers = {{ 'api-key': '{token}', signature, 'content-type': 'application/json' }};
  const answer = await fetch('{server}/api/click-to-call', {{ method: 'POST', headers, body }});
  console.log(await answer.json());

Python
  import hashlib, hmac, json, requests
  body = json.dumps({{"phone": "+15550100001", "variables": {{"name": "John"}}}})
  signature = hmac.new(b"{secret}", body.encode(), hashlib.sha256).hexdigest()
  headers = {{"api-key": "{token}", "signature": signature, "content-type": "application/json"}}
  print(requests.post("{server}/api/click-to-call", headers=headers, data=body).json())"#,
        voicing = names.voicing,
        klen = names.klen,
        integer = names.integer,
        vonage = names.vonage,
        voxpria = names.voxpria,
    )
}
