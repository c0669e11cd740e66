import assert from 'node:assert/strict';
import { SIMULCAST, WIDTHS } from '../lib/cameras.mjs';
import { decodes } from '../lib/world.mjs';

const RECOVERY_MS_MAX = 5_000;
/** Room for the smallest encoding of the three and the next, not for the largest. */
const NARROW_KBIT = 400;

export const journey = {
  title: 'behind a link that becomes narrow the layer drops; it is back within five seconds after',
  world: { hasNetwork: true },
  async run(world, step, note) {
    // Noise needs all the bits that the encodings may have.
    const kari = await world.enter('Kari', { sources: [{ ...SIMULCAST, kind: 'noise' }] });
    const browser = await world.browser({ program: world.network.program });
    const ola = await world.enter('Ola', { sources: [] }, browser);
    await step('Ola gets the largest', async () => {
      await ola.becomes(WIDTHS[2], kari, 20_000);
      await decodes(ola, kari, 'camera');
    });
    for (const time of [1, 2]) {
      await step(`the link becomes narrow, time ${time}: a smaller one is decoded`, async () => {
        world.network.throttle(NARROW_KBIT);
        const from = Date.now();
        const isSmaller = (now) => now.frameWidth < WIDTHS[2];
        await ola.until('a smaller picture', kari, 'camera', isSmaller, 20_000);
        note(`narrow: smaller after ${Date.now() - from} ms`);
        await decodes(ola, kari, 'camera', 30);
        const rate = await ola.frameRate(kari, 'camera', 3_000);
        note(`narrow: ${rate.toFixed(1)} frames a second`);
        assert.ok(rate > 5, `${rate} frames a second`);
      });
      await step(`the link is as it was, time ${time}: the largest again`, async () => {
        world.network.unthrottle();
        const from = Date.now();
        await ola.becomes(WIDTHS[2], kari, RECOVERY_MS_MAX);
        note(`wide again: largest after ${Date.now() - from} ms`);
        await decodes(ola, kari, 'camera', 20);
      });
    }
  },
};
