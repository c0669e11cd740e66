// A signalling server, as small as it can be: hands out the page, and passes what pages ask on to the
// router. For the journeys only: it trusts everybody who can reach it.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
const BODY_BYTES_MAX = 256 * 1024;
const RECONNECT_MS = 100;
const SILENT_MS_MAX = 15_000;

/**
 * @param {{folder: string, address?: string, connect: Function}} options the built page, where to listen,
 *   and what opens a control channel to the router
 */
export async function startSignalling({ folder, address = '127.0.0.1', connect }) {
  const rooms = new Map();
  const log = [];
  let generation = 0;
  let control;
  let isClosed = false;

  async function reach() {
    while (!isClosed) {
      try {
        control = await connect(onEvent, () => {
          control = undefined;
          void reach();
        });
        // Whether the same process or another: what it does not know any more is made anew.
        generation++;
        for (const room of rooms.values()) {
          room.routerId = undefined;
          room.producers.clear();
          for (const peer of room.peers.values()) peer.transports.clear();
          tell(room);
        }
        return;
      } catch {
        await new Promise((wake) => setTimeout(wake, RECONNECT_MS));
      }
    }
  }

  function onEvent(event) {
    log.push(event);
  }

  /** What the router answers; 410 where it does not know, or cannot be reached. */
  async function call(body) {
    if (control === undefined) throw new Refusal(503, 'no router');
    try {
      return await control.call(body);
    } catch (error) {
      throw new Refusal(error.code === 'NOT_FOUND' ? 410 : 502, String(error.message));
    }
  }

  function roomOf(name) {
    let room = rooms.get(name);
    if (room === undefined) {
      room = { peers: new Map(), producers: new Map(), routerId: undefined };
      rooms.set(name, room);
    }
    return room;
  }

  function peerOf(room, id) {
    let peer = room.peers.get(id);
    if (peer === undefined) {
      peer = { id, transports: new Set(), events: undefined, silence: undefined };
      room.peers.set(id, peer);
    }
    return peer;
  }

  function tell(room) {
    const state = { generation, producers: [...room.producers.values()] };
    for (const peer of room.peers.values()) {
      peer.events?.write(`event: room\ndata: ${JSON.stringify(state)}\n\n`);
    }
  }

  async function leave(room, peer) {
    clearTimeout(peer.silence);
    room.peers.delete(peer.id);
    for (const [id, producer] of room.producers) {
      if (producer.peer === peer.id) room.producers.delete(id);
    }
    tell(room);
    for (const transportId of peer.transports) {
      await call({ closeTransport: { transportId } }).catch(() => undefined);
    }
  }

  async function make(room) {
    try {
      const { routerCreated } = await call({ createRouter: {} });
      room.routerId = routerCreated.routerId;
      room.capabilities = routerCreated.rtpCapabilities;
    } finally {
      room.made = undefined;
    }
  }

  const answers = {
    async join(room, peer) {
      for (const transportId of peer.transports) {
        await call({ closeTransport: { transportId } }).catch(() => undefined);
      }
      peer.transports.clear();
      if (room.routerId === undefined) {
        room.made ??= make(room);
        await room.made;
      }
      return { generation, capabilities: room.capabilities };
    },
    async leave(room, peer) {
      await leave(room, peer);
      return {};
    },
    async createTransport(room, peer) {
      const { transportCreated } = await call({
        createTransport: { routerId: room.routerId },
      });
      const { transportId: id, ...parameters } = transportCreated;
      peer.transports.add(id);
      return { id, ...parameters };
    },
    async connectTransport(room, peer, { transportId, dtlsParameters }) {
      await call({ connectTransport: { transportId, dtlsParameters } });
      return {};
    },
    async restartIce(room, peer, { transportId }) {
      const { iceRestarted } = await call({ restartIce: { transportId } });
      return iceRestarted;
    },
    async produce(room, peer, { transportId, kind, rtpParameters, label, size }) {
      const { produced } = await call({
        produce: { transportId, kind, rtpParameters, ...size },
      });
      const id = produced.producerId;
      room.producers.set(id, { id, peer: peer.id, label, kind });
      tell(room);
      return { id };
    },
    async closeProducer(room, peer, { producerId }) {
      room.producers.delete(producerId);
      tell(room);
      await call({ closeProducer: { producerId } });
      return {};
    },
    async consume(room, peer, { transportId, producerId, capabilities }) {
      const { consumed } = await call({
        consume: { transportId, producerId, rtpCapabilities: capabilities, paused: true },
      });
      const { consumerId: id, kind, rtpParameters } = consumed;
      return { id, producerId, kind, rtpParameters };
    },
    async resumeConsumer(room, peer, { consumerId }) {
      await call({ pauseConsumer: { consumerId, paused: false } });
      return {};
    },
    async setView(room, peer, { consumerId, view }) {
      await call({ setView: { consumerId, view } });
      return {};
    },
    async setPreferredLayers(room, peer, { consumerId, layers }) {
      await call({ setPreferredLayers: { consumerId, layers } });
      return {};
    },
  };

  async function answer(request, response) {
    const path = new URL(request.url, 'http://page').pathname;
    const [, rooms_, roomName, peerId, what] = path.split('/');
    if (rooms_ !== 'rooms') return file(folder, path, response);
    const room = roomOf(roomName);
    const peer = peerOf(room, peerId);
    if (what === 'events') return listen(room, peer, request, response);
    const asked = await bodyOf(request);
    const reply = answers[what];
    if (reply === undefined) throw new Refusal(404, what);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(await reply(room, peer, asked)));
  }

  function listen(room, peer, request, response) {
    clearTimeout(peer.silence);
    peer.events = response;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 200\n\n');
    tell(room);
    request.on('close', () => {
      if (peer.events !== response) return;
      peer.events = undefined;
      peer.silence = setTimeout(() => void leave(room, peer), SILENT_MS_MAX);
    });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.statusCode = error instanceof Refusal ? error.status : 500;
      response.end(String(error.message));
    });
  });
  await reach();
  await new Promise((done) => server.listen(0, address, done));
  const { port } = server.address();
  return {
    url: `http://${address.includes(':') ? `[${address}]` : address}:${port}/`,
    events: log,
    /** A question of the journey's own to the router. */
    call,
    async stats(roomName) {
      const { stats } = await call({ getStats: { routerId: roomOf(roomName).routerId } });
      return stats;
    },
    async close() {
      isClosed = true;
      for (const room of rooms.values()) {
        for (const peer of room.peers.values()) clearTimeout(peer.silence);
      }
      control?.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

class Refusal extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function file(folder, path, response) {
  const name = normalize(path === '/' ? '/index.html' : path);
  let content;
  try {
    content = readFileSync(join(folder, name));
  } catch {
    throw new Refusal(404, name);
  }
  response.setHeader('Content-Type', TYPES[extname(name)] ?? 'application/octet-stream');
  response.end(content);
}

async function bodyOf(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Refusal(413, 'too much');
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8') || '{}');
}
