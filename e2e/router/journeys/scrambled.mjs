import assert from 'node:assert/strict';
import { MICROPHONE, SIMULCAST, WIDTHS } from '../lib/cameras.mjs';
import { decodes, hears } from '../lib/world.mjs';

const SWITCH_MS_MAX = 5_000;
const SVC = {
  encodings: [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 900_000 }],
  codecOptions: { videoGoogleStartBitrate: 1_000 },
};
/** Layers are told by VP8's and VP9's payload descriptors, and by AV1's dependency descriptor. */
const STREAMS = [
  { ...SIMULCAST, label: 'VP8' },
  { ...SIMULCAST, ...SVC, label: 'VP9', codec: 'video/VP9' },
  { ...SIMULCAST, ...SVC, label: 'AV1', codec: 'video/AV1' },
];

export const journey = {
  title: 'payloads scrambled between the ends are forwarded, and their layers switched',
  async run(world, step, note) {
    const isScrambled = true;
    const kari = await world.enter('Kari', { sources: [MICROPHONE], isScrambled });
    const ola = await world.enter('Ola', { sources: [], isScrambled });
    const eva = await world.enter('Eva', { sources: [] });
    await step('Ola hears', () => hears(ola, kari));
    for (const stream of STREAMS) {
      const { label } = stream;
      const wide = (layer) =>
        ola.until(label, kari, label, (now) => now.frameWidth === WIDTHS[layer], SWITCH_MS_MAX);
      await kari.do('add', stream);
      await step(`Ola sees ${label}`, async () => {
        const top = (now) => now.frameWidth === WIDTHS[2];
        const seen = await ola.until(label, kari, label, top, 15_000);
        assert.equal(seen.codec, `video/${label}`);
        await decodes(ola, kari, label);
      });
      for (const layer of [0, 2, 1]) {
        await step(`${label}: layer ${layer}`, async () => {
          const from = Date.now();
          await ola.do('setPreferredLayers', kari.peer, label, { spatialLayer: layer });
          await wide(layer);
          note(`${label}: layer ${layer} after ${Date.now() - from} ms`);
          await decodes(ola, kari, label, 10);
        });
      }
      await step(`Eva, who does not undo it, gets ${label} and sees nothing`, async () => {
        await eva.until('packets', kari, label, (now) => now.packetsReceived > 50);
        // VP8's decoder makes some picture out of anything.
        if (label !== 'VP8') assert.equal((await eva.of(kari, label)).framesDecoded, 0);
      });
      await kari.do('remove', label);
    }
  },
};
