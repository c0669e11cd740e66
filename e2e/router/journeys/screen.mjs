import assert from 'node:assert/strict';
import { decodes } from '../lib/world.mjs';

export const journey = {
  title: 'a screen is shared beside the camera, and taken away again',
  async run(world, step, note) {
    const kari = await world.enter('Kari');
    const ola = await world.enter('Ola');
    await step('Ola sees Kari', () => decodes(ola, kari, 'camera'));
    await step('Kari shares her screen: Ola sees both', async () => {
      await kari.do('add', {
        label: 'screen',
        kind: 'screen',
        size: { width: 640, height: 360, frameRate: 5 },
      });
      const [screen] = await Promise.all([
        decodes(ola, kari, 'screen', 5),
        decodes(ola, kari, 'camera'),
      ]);
      assert.ok(screen.frameWidth > 0);
      note(`the screen is ${screen.frameWidth}×${screen.frameHeight}`);
    });
    await step('she ends it: the camera goes on', async () => {
      await kari.do('remove', 'screen');
      while ((await ola.of(kari, 'screen')) !== undefined) {
        await new Promise((wake) => setTimeout(wake, 50));
      }
      await decodes(ola, kari, 'camera');
    });
  },
};
