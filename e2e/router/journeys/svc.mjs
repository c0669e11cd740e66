import assert from 'node:assert/strict';
import { decodes } from '../lib/world.mjs';

const SWITCH_MS_MAX = 5_000;
const RATE_MS = 2_000;
/** Chromium makes no spatial layer less than 240 wide. */
const SIZE = { width: 960, height: 540, frameRate: 15 };
/** Scalable streams, and what their spatial layers are wide; H.264 has layers in time only. */
const STREAMS = [
  { codec: 'video/VP9', mode: 'L3T3_KEY', widths: [240, 480, 960] },
  { codec: 'video/VP9', mode: 'L1T3', widths: [960] },
  { codec: 'video/AV1', mode: 'L3T3_KEY', widths: [240, 480, 960] },
  { codec: 'video/AV1', mode: 'L1T3', widths: [960] },
  { codec: 'video/H264', mode: 'L1T1', widths: [960] },
];

export const journey = {
  title:
    'VP9 and AV1 in layers, and H.264: each decodes, and layers are left out as receivers wish',
  async run(world, step, note) {
    const kari = await world.enter('Kari', { sources: [] });
    const ola = await world.enter('Ola', { sources: [] });
    const sendable = await kari.page.evaluate(() =>
      RTCRtpSender.getCapabilities('video').codecs.map((codec) => codec.mimeType.toLowerCase()),
    );
    for (const { codec, mode, widths } of STREAMS) {
      const label = `${codec.slice('video/'.length)}-${mode}`;
      if (!sendable.includes(codec.toLowerCase())) {
        note(`${label}: this browser does not encode it`);
        continue;
      }
      await kari.do('add', {
        label,
        kind: 'camera',
        size: SIZE,
        codec,
        encodings: [{ scalabilityMode: mode, maxBitrate: 900_000 }],
        codecOptions: { videoGoogleStartBitrate: 1_000 },
      });
      await step(`${label} is decoded`, async () => {
        const top = widths.at(-1);
        const seen = await ola.until(label, kari, label, (now) => now.frameWidth === top);
        assert.equal(seen.codec.toLowerCase(), codec.toLowerCase());
        await decodes(ola, kari, label);
      });
      if (widths.length > 1) await spatial(ola, kari, label, widths, step, note);
      if (mode.includes('T3')) await temporal(ola, kari, label, widths, step, note);
      await kari.do('remove', label);
    }
  },
};

async function spatial(ola, kari, label, widths, step, note) {
  for (const layer of [0, 2, 1, 2]) {
    await step(`${label}: layer ${layer}`, async () => {
      const from = Date.now();
      await ola.do('setPreferredLayers', kari.peer, label, { spatialLayer: layer });
      await wide(ola, kari, label, widths[layer]);
      note(`${label}: layer ${layer} after ${Date.now() - from} ms`);
      await decodes(ola, kari, label, 10);
    });
  }
  for (const [layer, tile] of [
    [0, { width: 200, height: 112 }],
    [2, { width: 960, height: 540 }],
  ]) {
    await step(`${label}: a tile ${tile.width} wide`, async () => {
      await ola.do('setView', kari.peer, label, tile);
      await wide(ola, kari, label, widths[layer]);
      await decodes(ola, kari, label, 10);
    });
  }
}

/** Of three layers in time the lowest has a quarter of the pictures. */
async function temporal(ola, kari, label, widths, step, note) {
  const top = widths.length - 1;
  await step(`${label}: fewer pictures, and all again`, async () => {
    const all = await ola.frameRate(kari, label, RATE_MS);
    await ola.do('setPreferredLayers', kari.peer, label, { spatialLayer: top, temporalLayer: 0 });
    await new Promise((wake) => setTimeout(wake, 1_000));
    const few = await ola.frameRate(kari, label, RATE_MS);
    await ola.do('setPreferredLayers', kari.peer, label, { spatialLayer: top, temporalLayer: 2 });
    await new Promise((wake) => setTimeout(wake, 1_000));
    const again = await ola.frameRate(kari, label, RATE_MS);
    note(
      `${label}: ${[all, few, again].map((rate) => rate.toFixed(1)).join(', ')} frames a second`,
    );
    assert.ok(few > 0 && few < 0.5 * all, `${few} of ${all} frames a second`);
    assert.ok(again > 0.75 * all, `${again} after ${all} frames a second`);
    assert.equal((await ola.of(kari, label)).frameWidth, widths[top]);
  });
}

const wide = (ola, kari, label, width) =>
  ola.until(`width ${width}`, kari, label, (now) => now.frameWidth === width, SWITCH_MS_MAX);
