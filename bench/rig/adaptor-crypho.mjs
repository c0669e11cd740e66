// Drives Crypho's router for the load rig: one room, one transport a peer. Speaks the control channel
// of `crypho router` in its JSON form over a Unix socket (docs: wire/src/main/proto/crypho/router).
// Needs CRYPHO_CONTROL (the socket's path) and CRYPHO_SECRET_FILE; the rig is given --pid.
// SPDX-License-Identifier: AGPL-3.0-or-later
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';

const VERSION = 1;
const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';

class Control {
  constructor(path, secret) {
    this.secret = secret;
    this.socket = net.connect(path);
    this.buffer = Buffer.alloc(0);
    this.waiting = new Map();
    this.frames = [];
    this.nextId = 1;
    this.socket.on('data', (data) => this.onData(data));
    this.socket.on('close', () => this.fail(new Error('the control channel is closed')));
    this.socket.on('error', (error) => this.fail(error));
  }

  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
    this.onHandshake?.(null, error);
  }

  onData(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    while (this.buffer.length >= 4 && this.buffer.length >= 4 + this.buffer.readUInt32BE(0)) {
      const end = 4 + this.buffer.readUInt32BE(0);
      this.onFrame(JSON.parse(this.buffer.subarray(4, end).toString('utf8')));
      this.buffer = this.buffer.subarray(end);
    }
  }

  onFrame(frame) {
    if (frame.reply) {
      const call = this.waiting.get(frame.reply.id);
      this.waiting.delete(frame.reply.id);
      if (frame.reply.error) call?.reject(new Error(JSON.stringify(frame.reply.error)));
      else call?.resolve(frame.reply);
    } else if (!frame.event) {
      this.onHandshake?.(frame);
    }
  }

  write(frame) {
    const body = Buffer.from(JSON.stringify(frame));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.socket.write(Buffer.concat([head, body]));
  }

  handshakeFrame() {
    return new Promise((resolve, reject) => {
      this.onHandshake = (frame, error) => (error ? reject(error) : resolve(frame));
    });
  }

  proof(label, callerNonce, routerNonce) {
    const version = Buffer.alloc(4);
    version.writeUInt32BE(VERSION);
    return createHmac('sha256', this.secret)
      .update(label)
      .update(version)
      .update(callerNonce)
      .update(routerNonce)
      .digest();
  }

  async open() {
    const nonce = randomBytes(32);
    let next = this.handshakeFrame();
    this.write({ hello: { version: VERSION, nonce: nonce.toString('base64') } });
    const { hello } = await next;
    const theirs = Buffer.from(hello.nonce, 'base64');
    next = this.handshakeFrame();
    const mac = this.proof('crypho router v1 caller', nonce, theirs).toString('base64');
    this.write({ proof: { mac } });
    const { proof } = await next;
    const expected = this.proof('crypho router v1 router', nonce, theirs);
    if (!timingSafeEqual(Buffer.from(proof.mac, 'base64'), expected)) {
      throw new Error('the router does not know the secret');
    }
  }

  call(body) {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.write({ request: { id, ...body } });
    });
  }
}

export default class Crypho {
  constructor(engine) {
    this.engine = engine;
  }

  async init() {
    const secret = fs.readFileSync(process.env.CRYPHO_SECRET_FILE, 'utf8').trim();
    this.control = new Control(process.env.CRYPHO_CONTROL, secret);
    await this.control.open();
    const { routerCreated } = await this.control.call({ createRouter: {} });
    this.routerId = routerCreated.routerId;
    this.capabilities = {
      codecs: routerCreated.rtpCapabilities.codecs,
      headerExtensions: routerCreated.rtpCapabilities.headerExtensions.filter(
        (extension) => extension.uri === MID_URI,
      ),
    };
  }

  async connect(controlling) {
    const peer = await this.engine.peer();
    const { transportCreated } = await this.control.call({
      createTransport: { routerId: this.routerId },
    });
    const transport = transportCreated;
    await this.control.call({
      connectTransport: {
        transportId: transport.transportId,
        dtlsParameters: {
          role: 'client',
          fingerprints: [{ algorithm: 'sha-256', value: this.engine.fp }],
        },
      },
    });
    const candidate = transport.iceCandidates[0];
    const remote = {
      ufrag: transport.iceParameters.usernameFragment,
      pwd: transport.iceParameters.password,
      ip: candidate.ip,
      port: candidate.port,
    };
    const connected = () => this.engine.connect(peer, remote, controlling);
    return { peer, transportId: transport.transportId, connected };
  }

  async publisher(streams) {
    const { peer, transportId, connected } = await this.connect(1);
    const producerIds = [];
    for (const [index, stream] of streams.entries()) {
      const codec = stream.video
        ? { mimeType: 'video/VP8', payloadType: 96, clockRate: 90000 }
        : { mimeType: 'audio/opus', payloadType: 111, clockRate: 48000, channels: 2 };
      const { produced } = await this.control.call({
        produce: {
          transportId,
          kind: stream.video ? 'video' : 'audio',
          rtpParameters: {
            mid: String(index),
            codecs: [codec],
            headerExtensions: [{ uri: MID_URI, id: 4 }],
            encodings: [{ ssrc: stream.ssrc }],
            rtcp: { cname: 'rig' },
          },
        },
      });
      producerIds.push(produced.producerId);
    }
    const c = await connected();
    streams.forEach((stream, index) => {
      const kind = stream.video ? 'vp8' : 'opus';
      const type = stream.video ? 96 : 111;
      this.engine.cmd(
        `send ${peer.id} ${stream.ssrc} ${type} ${stream.pps} ${stream.size} ${kind} 4 ${index} ` +
          `burst=${stream.burst || 1}`,
      );
    });
    return { producerIds, c };
  }

  async subscriber(feeds) {
    const { transportId, connected } = await this.connect(1);
    const c = await connected();
    for (const producerId of feeds.flatMap((feed) => feed.producerIds)) {
      await this.control.call({
        consume: { transportId, producerId, rtpCapabilities: this.capabilities },
      });
    }
    return c;
  }

  async close() {
    await this.control.call({ closeRouter: { routerId: this.routerId } }).catch(() => undefined);
    this.control.socket.end();
  }
}
