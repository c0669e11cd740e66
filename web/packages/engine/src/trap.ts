/**
 * When the MLS library has trapped, only a new worker helps. The group that it trapped on is remembered, and left
 * and joined anew there, so that one bad group does not trap worker after worker.
 */
import { Trapped } from '@crypho/mls/errors';
import type { MlsEngine } from '@crypho/mls';
import { fromHex, hex } from '@crypho/vault';
import type { Records } from '@crypho/vault';
import { fail } from './failure.ts';

const PLACE = { partition: 'meta', name: 'mls-trapped' };

/** The engine, whose traps are passing failures here: `restart` is under way when they are thrown. */
export function guardTraps(mls: MlsEngine, records: Records, restart: () => void): MlsEngine {
  let isTrapped = false;

  async function guarded<R>(group: Uint8Array | undefined, work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Trapped)) throw error;
      if (!isTrapped) {
        isTrapped = true;
        try {
          if (group !== undefined) await records.write([{ place: PLACE, value: hex(group) }]);
        } finally {
          restart();
        }
      }
      throw fail('unavailable', error);
    }
  }

  return {
    self: mls.self,
    signatureKey: () => guarded(undefined, () => mls.signatureKey()),
    keyPackages: (count) => guarded(undefined, () => mls.keyPackages(count)),
    create: (group) => guarded(group, () => mls.create(group)),
    join: (group, welcome) => guarded(group, () => mls.join(group, welcome)),
    joinExternal: (group, info) => guarded(group, () => mls.joinExternal(group, info)),
    add: (group, packages) => guarded(group, () => mls.add(group, packages)),
    remove: (group, ids) => guarded(group, () => mls.remove(group, ids)),
    update: (group) => guarded(group, () => mls.update(group)),
    process: (group, commit) => guarded(group, () => mls.process(group, commit)),
    has: (group) => guarded(group, () => mls.has(group)),
    epoch: (group) => guarded(group, () => mls.epoch(group)),
    members: (group) => guarded(group, () => mls.members(group)),
    epochSecret: (group, purpose) => guarded(group, () => mls.epochSecret(group, purpose)),
    epochAuthenticator: (group) => guarded(group, () => mls.epochAuthenticator(group)),
    forget: (group) => guarded(group, () => mls.forget(group)),
    close: () => mls.close(),
  };
}

/** In a new worker: leaves the group that the last one trapped on. */
export async function leaveTrapped(mls: MlsEngine, records: Records): Promise<void> {
  const value = await records.get(PLACE);
  if (typeof value !== 'string') return;
  // Forgotten first: leaving may trap as well, and must not do so for ever.
  await records.write([{ place: PLACE, isDeleted: true }]);
  await mls.forget(fromHex(value));
}
