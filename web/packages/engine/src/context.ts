/** Everything a signed-in device works with; the parts find each other here. */
import type { MlsEngine } from '@crypho/mls';
import type { Records } from '@crypho/vault';
import type { Account, StoredAccount } from './account-state.ts';
import type { Directory } from './directory.ts';
import type { Epochs } from './epochs.ts';
import type { Groups } from './groups.ts';
import type { KeyRing } from './keys.ts';
import type { Outbox } from './outbox.ts';
import type { Platform } from './platform.ts';
import type { Rpc } from './rpc.ts';
import type { LiveSocket } from './socket.ts';
import type { ConversationStore } from './store.ts';
import type { Sync } from './sync.ts';
import type { Topics } from './topics.ts';
import type { VaultSync } from './vault-sync.ts';

export interface Context {
  readonly platform: Platform;
  readonly rpc: Rpc;
  readonly topics: Topics;
  readonly records: Records;
  readonly vault: VaultSync;
  readonly directory: Directory;
  readonly keys: KeyRing;
  readonly epochs: Epochs;
  readonly store: ConversationStore;
  readonly mls: MlsEngine;
  readonly groups: Groups;
  readonly sync: Sync;
  readonly outbox: Outbox;
  readonly socket: LiveSocket;
  account(): Account;
  stored(): StoredAccount;
  /** The server's time as far as it is known: the device's clock may be off by days. */
  serverNow(): number;
  isStopped(): boolean;
  isMlsOpen(): boolean;
  isOnline(): boolean;
  /** Runs something nobody waits for; what goes wrong is tried again by whoever notices. */
  background(work: Promise<unknown>): void;
}
