import assert from 'node:assert/strict';
import { decodes } from '../lib/world.mjs';

const SWITCH_MS_MAX = 5_000;

/** Three sizes of one picture. */
const CAMERA = {
  label: 'camera',
  kind: 'camera',
  size: { width: 960, height: 540, frameRate: 15 },
  codec: 'video/VP8',
  encodings: [
    { scaleResolutionDownBy: 4, maxBitrate: 100_000, scalabilityMode: 'L1T2' },
    { scaleResolutionDownBy: 2, maxBitrate: 250_000, scalabilityMode: 'L1T2' },
    { scaleResolutionDownBy: 1, maxBitrate: 600_000, scalabilityMode: 'L1T2' },
  ],
};

export const journey = {
  title: 'of three layers each receiver gets the one that it has use for, within five seconds',
  async run(world, step, note) {
    const kari = await world.enter('Kari', { sources: [CAMERA] });
    const ola = await world.enter('Ola', { sources: [] });
    const eva = await world.enter('Eva', { sources: [] });
    await step('both begin with the largest', async () => {
      await ola.until(
        'the largest layer',
        kari,
        'camera',
        (seen) => seen.frameWidth === 960,
        20_000,
      );
      await eva.until('the largest layer', kari, 'camera', (seen) => seen.frameWidth === 960);
    });
    for (const [layer, expected] of [
      [0, 240],
      [2, 960],
      [1, 480],
      [2, 960],
    ]) {
      await step(`Ola wants layer ${layer}`, async () => {
        const from = Date.now();
        await ola.do('setPreferredLayers', kari.peer, 'camera', { spatialLayer: layer });
        const seen = await ola.until(
          `layer ${layer}`,
          kari,
          'camera',
          (now) => now.frameWidth === expected,
          SWITCH_MS_MAX,
        );
        note(`layer ${layer} (${seen.frameWidth} wide) after ${Date.now() - from} ms`);
        await decodes(ola, kari, 'camera', 10);
      });
    }
    await step('Eva’s picture was not touched by that', async () => {
      const seen = await eva.of(kari, 'camera');
      assert.equal(seen.frameWidth, 960);
      assert.equal(seen.freezeCount, 0);
      await decodes(eva, kari, 'camera', 10);
    });
    note(
      JSON.stringify(
        (await kari.stats()).sent.map((s) => `${s.rid} ${s.frameWidth} ${s.limitedBy}`),
      ),
    );
  },
};
