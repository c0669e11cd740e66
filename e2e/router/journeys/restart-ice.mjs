import assert from 'node:assert/strict';
import { allSeeAndHear } from '../lib/world.mjs';

const FREEZE_S_MAX = 1;

export const journey = {
  title: 'ICE is restarted in mid-call, three times: nobody notices',
  async run(world, step) {
    const kari = await world.enter('Kari');
    const ola = await world.enter('Ola');
    await step('both decode pictures and sound', () => allSeeAndHear([kari, ola]));
    for (const [time, person] of [kari, ola, kari].entries()) {
      await step(`restart ${time + 1}, by ${person.name}`, async () => {
        const before = await world.stats();
        await person.do('restartIce');
        await allSeeAndHear([kari, ola]);
        const after = await world.stats();
        assert.equal(after.transports.length, before.transports.length, 'the same transports');
      });
    }
    for (const [person, other] of [[kari, ola], [ola, kari]]) {
      assert.equal(await person.do('entries'), 1, 'nobody had to enter again');
      const { totalFreezesDuration: freeze } = await person.of(other, 'camera');
      assert.ok(freeze < FREEZE_S_MAX, `the picture stood still for ${freeze} s`);
    }
  },
};
