import { allSeeAndHear } from '../lib/world.mjs';

export const journey = {
  title: 'two participants see and hear each other',
  async run(world, step, note) {
    const kari = await world.enter('Kari');
    const ola = await world.enter('Ola');
    await step('both decode pictures and sound', () => allSeeAndHear([kari, ola]));
    note(`Kari decodes ${(await kari.frameRate(ola, 'camera')).toFixed(1)} frames a second`);
  },
};
