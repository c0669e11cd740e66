// Drives Crypho's router for the load rig: one room, one transport a peer. Speaks the control channel
// of `crypho router` in its JSON form over a Unix socket (docs: wire/src/main/proto/crypho/router).
// Needs CRYPHO_CONTROL (the socket's path) and CRYPHO_SECRET_FILE; the rig is given --pid.
// SPDX-License-Identifier: AGPL-3.0-or-later
import fs from 'node:fs';
import { openControl } from '../../tools/router-control.mjs';

const MID_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid';

export default class Crypho {
  constructor(engine) {
    this.engine = engine;
  }

  async init() {
    const secret = fs.readFileSync(process.env.CRYPHO_SECRET_FILE, 'utf8').trim();
    this.control = await openControl(process.env.CRYPHO_CONTROL, secret);
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
    this.control.close();
  }
}
