// Receives webhooks and says what the reference verifier of Standard Webhooks for JavaScript makes of them.
//
// Arguments: three secrets. Prints its port, then one line of JSON for each request: with which of the secrets the body is
// accepted as it came, and with which after a byte was added. Runs in the folder that its packages lie in.

import { createRequire } from "node:module";
import { createServer } from "node:http";

const require = createRequire(`${process.cwd()}/`);
const { Webhook } = require("standardwebhooks");
const secrets = process.argv.slice(2, 5);

function accepts(secret, body, headers) {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

const server = createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces).toString("utf8");
    const verdict = {
      genuine: secrets.map((secret) => accepts(secret, body, request.headers)),
      tampered: secrets.map((secret) => accepts(secret, `${body} `, request.headers)),
    };
    console.log(JSON.stringify(verdict));
    response.writeHead(204).end();
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
