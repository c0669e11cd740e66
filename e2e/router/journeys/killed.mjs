import assert from 'node:assert/strict';
import { allSeeAndHear } from '../lib/world.mjs';

const BACK_MS_MAX = 15_000;

export const journey = {
  title: 'the router is killed with -9 and started again: the pages come back by themselves',
  async run(world, step, note) {
    const people = [];
    for (const name of ['Kari', 'Ola']) people.push(await world.enter(name));
    await step('both decode pictures and sound', () => allSeeAndHear(people));
    await step('the router is killed and started', async () => {
      await world.router.kill();
      await world.router.start();
    });
    const from = Date.now();
    await step('both decode pictures and sound again', async () => {
      await Promise.all(people.map((person) => person.entered(2, BACK_MS_MAX)));
      await allSeeAndHear(people);
    });
    note(`back within ${Date.now() - from} ms of the router's start, as said by decoded frames`);
    for (const person of people) assert.equal(await person.do('entries'), 2);
  },
};
