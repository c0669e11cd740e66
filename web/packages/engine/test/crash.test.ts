import { expect, test } from 'vitest';
import { World } from './sim/world.ts';
import type { Machine } from './sim/world.ts';

const SEED = 4711;
const NOBODY = { kind: 'members', added: [], removed: [], sharesHistory: false } as const;

/** What one device does in a quarter of an hour: sends, receives, marks as read, turns the epoch, sends again. */
async function journey(world: World, anna: Machine, bo: Machine): Promise<void> {
  const { conversationId, time } = world;
  const step = async (): Promise<void> => {
    await time.run(4_000);
    if (anna.isDead) anna.restart();
  };
  world.say(anna, 'anna 1');
  world.say(bo, 'bo 1');
  await step();
  const upToSeq = world.server.conversations.get(conversationId)?.log.length ?? 0;
  anna.tab.must('conversation.markRead', { conversationId, upToSeq }).catch(() => undefined);
  await step();
  const { tab } = anna;
  if (tab.session.state().kind === 'signed-in')
    void tab.session
      .runtime()
      .context.groups.commit(conversationId, { intent: NOBODY })
      .catch(() => undefined);
  await step();
  world.say(anna, 'anna 2');
  world.say(bo, 'bo 2');
  await step();
}

async function run(crash: { readonly write: number; readonly isAfter: boolean } | undefined) {
  const world = new World(SEED);
  try {
    const [anna, bo] = await world.pair();
    await world.time.run(60_000);
    const before = anna.writes;
    if (crash !== undefined) anna.crashAt = { ...crash, write: before + crash.write };
    await journey(world, anna, bo);
    const writes = anna.writes - before;
    const died = crash !== undefined && anna.crashAt === undefined;
    await world.converge();
    return { writes, died };
  } finally {
    world.stop();
  }
}

test('a worker that dies at any write loses nothing and doubles nothing', async () => {
  const { writes } = await run(undefined);
  expect(writes).toBeGreaterThan(15);
  for (let write = 1; write <= writes; write++)
    // Both sides of every write with ALL=1, which takes twice as long.
    for (const isAfter of process.env['ALL'] === undefined ? [write % 2 === 0] : [false, true]) {
      const { died } = await run({ write, isAfter }).catch((error: unknown) => {
        throw new Error(`at write ${write}, ${isAfter ? 'after' : 'before'}: ${String(error)}`);
      });
      expect(died, `write ${write} came`).toBe(true);
    }
}, 240_000);
