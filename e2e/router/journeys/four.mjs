import { allSeeAndHear } from '../lib/world.mjs';

export const journey = {
  title: 'four participants see and hear each other, one comes late, one leaves',
  async run(world, step, note) {
    const people = [];
    await step('three are in', async () => {
      for (const name of ['Kari', 'Ola', 'Nils']) people.push(await world.enter(name));
      await allSeeAndHear(people);
    });
    await step('a fourth comes: everybody decodes everybody', async () => {
      people.push(await world.enter('Eva'));
      await allSeeAndHear(people);
    });
    const [kari, ola] = people;
    note(`Kari decodes ${(await kari.frameRate(ola, 'camera')).toFixed(1)} frames a second of Ola`);
    await step('one leaves: the others go on, and have nothing of her any more', async () => {
      const eva = people.pop();
      await eva.do('leave');
      await eva.page.close();
      for (const person of people) {
        while ((await person.of(eva, 'camera')) !== undefined) {
          await new Promise((wake) => setTimeout(wake, 50));
        }
      }
      await allSeeAndHear(people);
    });
  },
};
