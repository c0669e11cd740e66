// A process of its own: relays datagrams between clients and a router, and loses and delays some both ways.
// node lossy-relay.mjs OWN-ADDRESS ROUTER-ADDRESS PORT LOSS DELAY-MS SEED
import { createSocket } from 'node:dgram';

const [own, router, portText, lossText, delayText, seedText] = process.argv.slice(2);
const [port, loss, delayMs] = [portText, lossText, delayText].map(Number);
const clients = new Map();
let state = Number(seedText) >>> 0;

/** From 0 to 1, by xorshift; the same for the same seed. */
function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
}

function pass(send) {
  if (random() >= loss) setTimeout(send, delayMs);
}

const front = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
front.on('message', (data, from) => {
  const key = `${from.address}:${from.port}`;
  let back = clients.get(key);
  if (back === undefined) {
    back = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    back.on('message', (reply) => pass(() => front.send(reply, from.port, from.address)));
    clients.set(key, back);
  }
  pass(() => back.send(data, port, router));
});
front.bind(port, own, () => process.stdout.write('ready\n'));
