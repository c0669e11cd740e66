import { describe, test } from 'vitest';
import { NO_FAULTS } from './sim/server.ts';
import { World } from './sim/world.ts';
import type { Machine } from './sim/world.ts';

/** `SEED=17 npx vitest run test/simulation.test.ts` repeats one history; `SEEDS=1000` tries more. */
const FIRST = Number(process.env['SEED'] ?? 1);
const COUNT = process.env['SEED'] === undefined ? Number(process.env['SEEDS'] ?? 100) : 1;

/** One random thing. */
async function act(world: World, machine: Machine, step: number): Promise<void> {
  const { dice, time, server } = world;
  const { browser } = machine;
  switch (dice.below(14)) {
    case 0:
      machine.restart();
      return;
    case 1:
      machine.crashAt = { write: machine.writes + 1 + dice.below(12), isAfter: dice.chance(0.5) };
      return;
    case 2:
      browser.isOnline = false;
      server.cutSockets(browser.cookie.device);
      return;
    case 3:
      browser.isOnline = true;
      return;
    case 4:
      await time.run(dice.below(30_000));
      return;
    case 5:
    case 6:
    case 7:
      change(world, machine);
      return;
    default:
      world.say(machine, `${machine.name} ${step}`);
      if (dice.chance(0.5)) await time.run(dice.below(2_000));
      if (machine.isDead && dice.chance(0.7)) machine.restart();
  }
}

/** Something about a message that is there already. */
function change(world: World, machine: Machine): void {
  if (machine.isDead) return;
  const { conversationId, dice } = world;
  const item = machine.some(dice);
  if (item?.body.kind !== 'text') return;
  const target = item.key;
  const { text } = item.body;
  const ignore = (): undefined => undefined;
  const { tab } = machine;
  if (dice.chance(0.3)) {
    tab.must('conversation.markRead', { conversationId, upToSeq: item.seq }).catch(ignore);
  } else if (item.sender.isSelf && dice.chance(0.5)) {
    const edited = { conversationId, target, text: `${text} *` };
    tab.must('message.edit', edited).catch(ignore);
  } else {
    const reaction = { conversationId, target, emoji: '👍', isRemoved: dice.chance(0.3) };
    tab.must('message.react', reaction).catch(ignore);
  }
}

async function history(seed: number): Promise<void> {
  const world = new World(seed);
  const { dice } = world;
  try {
    const people = [...(await world.pair())];
    const loss = dice.chance(0.5) ? 0.15 : 0.02;
    world.server.faults = {
      dropRequest: () => dice.chance(loss),
      dropAnswer: () => dice.chance(loss),
      dropFrame: () => dice.chance(loss),
      repeatFrame: () => dice.chance(0.1),
    };
    const joinsAt = dice.chance(0.3) ? dice.below(12) : -1;
    for (let step = 0; step < 14; step++) {
      const machine = people[dice.below(people.length)];
      if (machine !== undefined) await act(world, machine, step);
      if (step === joinsAt) {
        const faults = world.server.faults;
        world.server.faults = NO_FAULTS;
        const second = await world.logIn('anna');
        Object.assign(second, { name: 'anna2' });
        second.look(world.conversationId);
        people.push(second);
        world.server.faults = faults;
      }
    }
    await world.converge();
  } finally {
    world.stop();
  }
}

describe('loss, repetition, reordering, crashes', () => {
  const start = performance.now();
  for (let seed = FIRST; seed < FIRST + COUNT; seed++)
    test(`seed ${seed}`, () => history(seed), 60_000);
  test.runIf(COUNT > 1)('took', () =>
    console.log(`${COUNT} seeds in`, Math.round(performance.now() - start), 'ms'),
  );
});
