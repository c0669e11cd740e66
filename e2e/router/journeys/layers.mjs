import assert from 'node:assert/strict';
import { SIMULCAST, WIDTHS } from '../lib/cameras.mjs';
import { decodes } from '../lib/world.mjs';

const SWITCH_MS_MAX = 5_000;

export const journey = {
  title: 'of three layers each receiver gets the one that it asks for or that fits its tile, within five seconds',
  async run(world, step, note) {
    const kari = await world.enter('Kari', { sources: [SIMULCAST] });
    const ola = await world.enter('Ola', { sources: [] });
    const eva = await world.enter('Eva', { sources: [] });
    await step('both begin with the largest', async () => {
      await ola.becomes(WIDTHS[2], kari, 15_000);
      await eva.becomes(WIDTHS[2], kari);
    });
    const before = await eva.of(kari, 'camera');
    for (const layer of [0, 2, 1, 2]) {
      await step(`Ola wants layer ${layer}`, async () => {
        const from = Date.now();
        const wish = { spatialLayer: layer };
        await ola.do('setPreferredLayers', kari.peer, 'camera', wish);
        await ola.becomes(WIDTHS[layer], kari, SWITCH_MS_MAX);
        note(`layer ${layer} after ${Date.now() - from} ms`);
        await decodes(ola, kari, 'camera', 10);
      });
    }
    const tiles = [
      { width: 200, height: 112, expected: WIDTHS[0] },
      { width: 960, height: 540, expected: WIDTHS[2] },
      { width: 400, height: 225, expected: WIDTHS[1] },
      { width: 960, height: 540, expected: WIDTHS[2] },
    ];
    for (const { width, height, expected } of tiles) {
      await step(`Ola’s tile becomes ${width} wide`, async () => {
        const from = Date.now();
        await ola.do('setView', kari.peer, 'camera', { width, height });
        await ola.becomes(expected, kari, SWITCH_MS_MAX);
        note(`a tile ${width} wide: ${expected} wide after ${Date.now() - from} ms`);
      });
    }
    await step('Ola hides the picture: nothing comes; shows it: it comes', async () => {
      await ola.do('setView', kari.peer, 'camera', { width: 0, height: 0, hidden: true });
      await new Promise((wake) => setTimeout(wake, 500));
      assert.equal(await ola.frameRate(kari, 'camera', 1_000), 0);
      await ola.do('setView', kari.peer, 'camera', { width: 960, height: 540 });
      await decodes(ola, kari, 'camera', 10);
    });
    await step('Eva’s picture was not touched by that', async () => {
      const seen = await decodes(eva, kari, 'camera', 10);
      assert.equal(seen.frameWidth, WIDTHS[2]);
      assert.equal(seen.freezeCount, before.freezeCount);
    });
  },
};
