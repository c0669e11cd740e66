import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allSeeAndHear } from '../lib/world.mjs';

const PORT = 34_780;
const SECRET = 'only for this journey';
const HOUR_S = 3_600;

export const journey = {
  title: 'through TURN over UDP and TCP; and where no UDP gets out, through TURN or ICE over TCP',
  world: {
    hasNetwork: true,
    routerFlags(network, folder) {
      const file = join(folder, 'turn-secret');
      writeFileSync(file, SECRET, { mode: 0o600 });
      return ['--turn-port', `${PORT}`, '--turn-secret-file', file];
    },
  },
  async run(world, step, note) {
    const { network } = world;
    const kari = await world.enter('Kari');
    const browser = await world.browser({ program: network.program });
    const turn = (protocol) => ({
      iceTransportPolicy: 'relay',
      iceServers: [
        { urls: `turn:${network.router}:${PORT}?transport=${protocol}`, ...credentials() },
      ],
    });
    const goes = (title, options, isThat) =>
      step(title, async () => {
        const ola = await world.enter('Ola', options, browser);
        await allSeeAndHear([kari, ola]);
        for (const path of (await ola.stats()).paths) {
          assert.ok(isThat(path), `took another path: ${JSON.stringify(path)}`);
        }
        note(`${title}: ${(await ola.frameRate(kari, 'camera')).toFixed(1)} frames a second`);
        await ola.do('leave');
        await ola.page.context().close();
      });
    const isRelayed = (protocol) => (path) =>
      path.localType === 'relay' && path.relayProtocol === protocol;

    await goes('TURN over UDP', turn('udp'), isRelayed('udp'));
    await goes('TURN over TCP', turn('tcp'), isRelayed('tcp'));
    network.blockUdp();
    await goes('no UDP: TURN over TCP', turn('tcp'), isRelayed('tcp'));
    await goes('no UDP and no TURN: ICE over TCP', {}, (path) => path.localProtocol === 'tcp');
  },
};

function credentials() {
  const username = `${Math.floor(Date.now() / 1000) + HOUR_S}:journey`;
  return { username, credential: createHmac('sha1', SECRET).update(username).digest('base64') };
}
