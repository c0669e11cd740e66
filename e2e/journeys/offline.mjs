import assert from 'node:assert/strict';
import { twoWhoTalk } from '../lib/pair.mjs';

export const journey = {
  title: 'offline for a while: catches up, and sends what waited, once and in order',
  async run(world, step) {
    const { kari, ola } = await step('two people talk', () => twoWhoTalk(world));
    const waiting = [];
    const missed = [];
    await step('Kari loses the network; both write on', async () => {
      await kari.context.setOffline(true);
      for (let i = 0; i < 5; i++) {
        const text = world.marker(`Skrevet uten nett ${i}`);
        await kari.say(text);
        waiting.push(text);
      }
      for (let i = 0; i < 5; i++) {
        const text = world.marker(`Mens Kari var uten nett ${i}`);
        await ola.saySurely(text);
        missed.push(text);
      }
      await kari.page.getByText(kari.p('connection.offline.waiting')).waitFor({ timeout: 60_000 });
    });
    await step('she reads on, and what waits stays', async () => {
      for (const text of waiting) await kari.sees(text);
    });
    await step('the network is back: everything arrives', async () => {
      await kari.context.setOffline(false);
      for (const text of waiting) await kari.isSent(text, 90_000);
      for (const text of missed) await kari.sees(text);
      for (const text of waiting) await ola.sees(text);
    });
    await step('once each, in the order in which they were written', async () => {
      const shown = await ola.log.getByRole('article').allInnerTexts();
      const order = waiting.map((text) => {
        const places = shown.flatMap((s, i) => (s.includes(text) ? [i] : []));
        assert.equal(places.length, 1, `"${text}" is shown once`);
        return places[0];
      });
      assert.deepEqual(order, [...order].sort((a, b) => a - b));
    });
  },
};
