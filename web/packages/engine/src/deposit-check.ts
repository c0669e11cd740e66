/**
 * Some time after an epoch turned, each device looks at the deposit to its own account: at another moment than
 * the others, and once an epoch.
 */
import type { Context } from './context.ts';
import { sameEpoch } from './state.ts';
import type { EpochName } from './state.ts';

const WAIT_MS = 5_000;
const WAIT_MAX_MS = 900_000;

export interface DepositCheck {
  /** This device is in an epoch that it has perhaps not looked at. */
  entered(id: string, epoch: EpochName): void;
  stop(): void;
}

export function makeDepositCheck(context: () => Context): DepositCheck {
  const timers = new Map<string, () => void>();

  /** True once there is nothing left to look at in this epoch. */
  async function check(id: string): Promise<boolean> {
    const { keys, store } = context();
    const state = store.get(id);
    if (state === undefined || state.mls === null || !state.head.isCurrent) return true;
    const { generation, epoch } = state.mls;
    if (state.checkedDeposit !== undefined && sameEpoch(state.checkedDeposit, state.mls))
      return true;
    // Not there yet: whoever turned the epoch may still be at it, or dead.
    if ((await keys.checkDeposit(id, { generation, epoch })) === 'unknown') return false;
    await store.change(id, (now) => ({
      state: { ...now, checkedDeposit: { generation, epoch } },
    }));
    return true;
  }

  function later(id: string, waitMs: number): void {
    timers.get(id)?.();
    const { clock, random } = context().platform;
    const share = (random(1)[0] ?? 0) / 256;
    const cancel = clock.after(Math.round(waitMs * (1 + 4 * share)), () => {
      timers.delete(id);
      if (context().isStopped()) return;
      check(id).then(
        (isDone) => {
          if (!isDone && !timers.has(id)) later(id, Math.min(WAIT_MAX_MS, 2 * waitMs));
        },
        // Offline, say: the next connection begins anew.
        () => undefined,
      );
    });
    timers.set(id, cancel);
  }

  return {
    entered: (id, epoch) => {
      const checked = context().store.get(id)?.checkedDeposit;
      if (checked === undefined || !sameEpoch(checked, epoch)) later(id, WAIT_MS);
    },
    stop: () => {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}
