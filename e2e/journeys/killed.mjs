import assert from 'node:assert/strict';
import { twoWhoTalk } from '../lib/pair.mjs';

const KILLS = 20;

export const journey = {
  title: 'the server is killed with -9 twenty times while people write: nothing lost, nothing doubled',
  async run(world, step, note) {
    const { kari, ola } = await step('two people talk', () => twoWhoTalk(world));
    const said = { kari: [], ola: [] };
    await step(`${KILLS} kills`, async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        const writing = [write(kari, said.kari, kill), write(ola, said.ola, kill)];
        await new Promise((done) => setTimeout(done, 50 + ((kill * 137) % 400)));
        await world.server.kill();
        await Promise.all(writing);
        await world.server.start();
      }
    });
    await step('both sides converge', async () => {
      await kari.isSent(said.kari.at(-1), 120_000);
      await ola.isSent(said.ola.at(-1), 120_000);
      await ola.sees(said.kari.at(-1), 60_000);
      await kari.sees(said.ola.at(-1), 60_000);
      await kari.reload();
      await ola.reload();
      const all = [...said.kari, ...said.ola];
      const seen = { kari: await everything(kari), ola: await everything(ola) };
      for (const [who, texts] of Object.entries(seen)) {
        for (const text of all) {
          const times = texts.filter((shown) => shown.includes(text)).length;
          assert.equal(times, 1, `${who} sees "${text}" ${times} times`);
        }
      }
      const order = (texts) => texts.map((shown) => all.find((t) => shown.includes(t))).filter(Boolean);
      assert.deepEqual(order(seen.kari), order(seen.ola), 'both see one order');
      note(`${KILLS} kills, ${all.length} messages, each once on both sides, in one order`);
    });

    async function write(person, list, kill) {
      for (let i = 0; i < 3; i++) {
        const text = world.marker(`${person === kari ? 'K' : 'O'} ${kill}.${i}`);
        list.push(text);
        await person.say(text);
      }
    }
  },
};

/** All messages of the open conversation from its beginning, scrolling through it. */
async function everything(person) {
  const found = new Map();
  await person.log.waitFor();
  const collect = async () => {
    const rows = await person.log.getByRole('article').evaluateAll((all) =>
      all.map((each) => [each.dataset.message, each.innerText]),
    );
    for (const [key, text] of rows) found.set(key, text);
  };
  await person.toBeginning();
  const ordered = [];
  for (;;) {
    await collect();
    const rows = await person.log.getByRole('article').evaluateAll((all) =>
      all.map((each) => each.dataset.message),
    );
    for (const key of rows) if (!ordered.includes(key)) ordered.push(key);
    const isEnd = await person.log.evaluate((log) => {
      const before = log.scrollTop;
      log.scrollTop += log.clientHeight * 0.7;
      return log.scrollTop === before;
    });
    if (isEnd) break;
    await person.page.waitForTimeout(120);
  }
  return ordered.map((key) => found.get(key));
}
