/**
 * The account on this browser: signing up and in, coming back, going. Owns the encrypted store and the
 * runtime that works on it.
 */
import { UNLOCK_KIND, base32, base64, encryptedRecords, fromBase64Url, own } from '@crypho/vault';
import { NewerVersionError, StorageError } from '@crypho/vault';
import type { KeyPair, Records } from '@crypho/vault';
import { AccountService } from '@crypho/wire';
import type { Me } from '@crypho/wire';
import { isStoredAccount, openAccount } from './account-state.ts';
import type { Account, StoredAccount } from './account-state.ts';
import type { Commands, Language, SessionState } from './api.ts';
import {
  WIRE_LANGUAGE,
  kdfOf,
  languageOf,
  makeAccount,
  makeDevice,
  newStoredAccount,
  profileOf,
  storedKeys,
  stretch,
  unlockAccount,
  wireKdf,
} from './enrol.ts';
import { EngineFailure, fail, isPassing, toFailure } from './failure.ts';
import type { Platform } from './platform.ts';
import { makeSerial } from './queue.ts';
import { makeRpc, retryDelay, sleep } from './rpc.ts';
import type { Rpc } from './rpc.ts';
import { KEY_PACKAGES, makeRuntime } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import { makeServerTime } from './server-time.ts';
import type { Topics } from './topics.ts';

type In<N extends keyof Commands> = Commands[N]['in'];
type Out<N extends keyof Commands> = Promise<Commands[N]['out']>;

/** What the server names when it refuses key packages. */
const PACKAGE_FIELDS: ReadonlySet<string> = new Set(['key_packages', 'last_resort']);

const STORED = { partition: 'meta', name: 'account' };

export interface Session {
  readonly rpc: Rpc;
  state(): SessionState;
  /** The runtime once signed in; throws `unauthenticated` before. */
  runtime(): Runtime;
  account(): Account;
  stored(): StoredAccount;
  start(): Promise<void>;
  /** Once it is known whether this browser is signed in. */
  started(): Promise<void>;
  startSignUp(input: In<'signup.start'>): Out<'signup.start'>;
  openSignUp(input: In<'signup.open'>): Out<'signup.open'>;
  completeSignUp(input: In<'signup.complete'>): Out<'signup.complete'>;
  startLogIn(input: In<'login.start'>): Out<'login.start'>;
  completeLogIn(input: In<'login.complete'>): Out<'login.complete'>;
  confirmEmail(input: In<'email.confirm'>): Out<'email.confirm'>;
  logOut(): Out<'session.logOut'>;
  /** Takes in what the server says of the account: profile, a new account key. */
  take(me: Me): Promise<void>;
  refresh(): Promise<void>;
}

interface Live {
  readonly records: Records;
  readonly runtime: Runtime;
  stored: StoredAccount;
  account: Account;
}

export function makeSession(platform: Platform, topics: Topics): Session {
  const { clock, random } = platform;
  const serial = makeSerial();
  const leaving = makeSerial();
  let state: SessionState = { kind: 'starting' };
  let live: Live | undefined;
  let ticket: { ticket: Uint8Array; unlock: KeyPair } | undefined;
  let opened: { token: string; accountId: string } | undefined;

  const time = makeServerTime(clock, platform.setTimeOffset);
  const rpc = makeRpc(platform.transport, clock, random, {
    dated: time.header,
    unauthenticated: () => {
      if (live !== undefined && state.kind !== 'signed-out') void end('expired');
    },
  });

  function set(next: SessionState): void {
    state = next;
    topics.changed('session');
  }

  function need(): Live {
    if (live === undefined) throw fail('unauthenticated');
    return live;
  }

  // ---- coming back

  let hasStarted: () => void = () => undefined;
  const starting = new Promise<void>((resolve) => {
    hasStarted = resolve;
  });

  async function start(): Promise<void> {
    try {
      await comeBack();
    } finally {
      hasStarted();
    }
  }

  async function comeBack(): Promise<void> {
    try {
      const databaseKey = await platform.keeper.load();
      if (databaseKey === undefined) {
        set({ kind: 'signed-out' });
        void leaveLater(0);
        return;
      }
      const records = await encryptedRecords(await platform.openDisk(), databaseKey, random);
      const stored = await records.get(STORED);
      if (!isStoredAccount(stored)) {
        await records.destroy();
        await platform.keeper.forget();
        set({ kind: 'signed-out' });
        return;
      }
      await bring(records, stored);
    } catch (error) {
      if (error instanceof NewerVersionError) set({ kind: 'blocked', reason: 'newer-version' });
      else if (error instanceof StorageError) set({ kind: 'blocked', reason: 'storage' });
      else throw error;
    }
  }

  /** Puts the parts to work on what is stored; registers the device where that is still to be done. */
  async function bring(records: Records, stored: StoredAccount): Promise<void> {
    const account = await openAccount(stored, random);
    const runtime = makeRuntime({
      platform,
      rpc,
      time,
      topics,
      records,
      account: () => need().account,
      stored: () => need().stored,
      accountChanged: () => void refresh().catch(() => undefined),
      signedOut: () => void end('unlinked'),
    });
    live = { records, runtime, stored, account };
    await runtime.open();
    if (stored.stage === 'ready') ready();
    else set({ kind: 'preparing', step: 'device', done: 0, total: 1 });
    void prepare(live);
  }

  function ready(): void {
    const { accountId, deviceId, isSharedComputer } = need().stored;
    set({ kind: 'signed-in', accountId, deviceId, isSharedComputer });
  }

  /** Until it has worked: MLS, the device's registration, the vault, and then the socket. */
  async function prepare(mine: Live): Promise<void> {
    for (let attempt = 0; live === mine; attempt++) {
      try {
        await mine.runtime.openMls();
        if (mine.stored.stage === 'device') await register(mine);
        if (live !== mine) return;
        if (state.kind !== 'signed-in') {
          set({ kind: 'preparing', step: 'keys', done: 0, total: 1 });
          await mine.runtime.context.vault.pull();
          set({ kind: 'preparing', step: 'conversations', done: 0, total: 1 });
          ready();
        }
        mine.runtime.start();
        return;
      } catch (error) {
        const failure = toFailure(error);
        platform.defect(error);
        if (failure.code === 'unauthenticated') return;
        if (failure.code === 'storage') {
          set({ kind: 'blocked', reason: 'storage' });
          return;
        }
        if (state.kind === 'preparing') set({ ...state, problem: failure.code });
        const wait = retryDelay(failure, attempt, random);
        await sleep(clock, isPassing(failure) ? wait : Math.max(wait, 5_000));
      }
    }
  }

  async function register(mine: Live): Promise<void> {
    const me = await rpc.call(AccountService.method.getMe, {}, { isIdempotent: true });
    if (me.deviceId !== mine.stored.deviceId) {
      const mls = await mine.runtime.openMls();
      const { device, unlock } = await makeDevice(
        mine.account,
        mine.stored,
        await mls.signatureKey(),
        platform.deviceName,
        random,
      );
      // The last one is the last resort.
      const keyPackages = await mls.keyPackages(KEY_PACKAGES + 1);
      const { outcome } = await rpc
        .call(AccountService.method.registerDevice, { device, unlock, keyPackages })
        .catch((error: unknown) => {
          // Dated by a clock that is not the server's, most likely: the next try dates them by another.
          if (PACKAGE_FIELDS.has(toFailure(error).field ?? '')) time.doubt();
          throw error;
        });
      if (outcome.case === 'tooManyDevices') throw fail('too-large');
      if (outcome.case === 'staleKey') {
        // Only the passphrase opens the new account key, and it is not kept.
        void end('expired');
        throw fail('unauthenticated');
      }
      if (outcome.case !== 'registered') throw fail('untrusted-server');
    }
    await keep(mine, { ...mine.stored, stage: 'ready' });
  }

  async function keep(mine: Live, stored: StoredAccount): Promise<void> {
    await mine.records.write([{ place: STORED, value: stored }]);
    mine.stored = stored;
    mine.account = await openAccount(stored, random);
    topics.changed('profile', 'session');
  }

  // ---- signing in

  /** A new device on this browser for an account just unlocked. */
  async function settle(
    me: Me,
    unlockPair: KeyPair | undefined,
    isSharedComputer: boolean,
    known?: Awaited<ReturnType<typeof unlockAccount>>,
  ): Promise<void> {
    set({ kind: 'preparing', step: 'keys', done: 0, total: 1 });
    const secrets =
      known ??
      (unlockPair === undefined
        ? undefined
        : await unlockAccount(me, UNLOCK_KIND.passphrase, '', unlockPair));
    if (secrets === undefined) throw fail('internal');
    await wipe();
    const stored = newStoredAccount(me, secrets, isSharedComputer, random);
    const databaseKey = random(32);
    const storage = isSharedComputer ? await platform.openMemory() : await platform.openDisk();
    const records = await encryptedRecords(storage, databaseKey, random);
    await records.write([{ place: STORED, value: stored }]);
    if (!isSharedComputer) await platform.keeper.keep(databaseKey);
    databaseKey.fill(0);
    await bring(records, stored);
  }

  async function startSignUp(input: In<'signup.start'>): Out<'signup.start'> {
    const language = WIRE_LANGUAGE[input.language];
    await rpc.call(AccountService.method.startSignUp, { email: input.email.trim(), language });
    return { kind: 'mail-sent' };
  }

  async function openSignUp(input: In<'signup.open'>): Out<'signup.open'> {
    const token = tokenOf(input.token);
    const { outcome } = await rpc.call(
      AccountService.method.openSignUp,
      { token },
      { isIdempotent: true },
    );
    if (outcome.case !== 'opened') return { kind: 'link-expired' };
    const { accountId, email, totpSecret } = outcome.value;
    opened = { token: input.token, accountId };
    const secret = base32(totpSecret);
    const totpUri =
      `otpauth://totp/${encodeURIComponent(`Crypho:${email}`)}?secret=${secret}` +
      '&issuer=Crypho&algorithm=SHA1&digits=6&period=30';
    const language: Language = languageOf(outcome.value.language);
    return { kind: 'opened', email, language, totpSecret: secret, totpUri };
  }

  async function completeSignUp(input: In<'signup.complete'>): Out<'signup.complete'> {
    await finishLeaving();
    if (opened?.token !== input.token) {
      const again = await openSignUp({ token: input.token });
      if (again.kind !== 'opened' || opened === undefined) return { kind: 'link-expired' };
    }
    const account = await makeAccount(
      opened.accountId,
      input.passphrase,
      platform.passwordHash,
      random,
    );
    const { outcome } = await rpc.call(AccountService.method.completeSignUp, {
      token: tokenOf(input.token),
      displayName: input.displayName.trim(),
      language: WIRE_LANGUAGE[input.language],
      authKey: account.authKey,
      kdf: wireKdf(account.kdf),
      keys: account.keys,
      passphraseUnlock: account.unlock,
      totpCode: input.totpCode,
      isSharedComputer: input.isSharedComputer,
    });
    if (outcome.case === 'wrongCode') return { kind: 'wrong-code' };
    if (outcome.case !== 'created') return { kind: 'link-expired' };
    const { me } = outcome.value;
    if (me === undefined) throw fail('untrusted-server');
    opened = undefined;
    await settle(me, undefined, input.isSharedComputer, account.secrets);
    return { kind: 'signed-in' };
  }

  async function startLogIn(input: In<'login.start'>): Out<'login.start'> {
    const { method } = AccountService;
    await finishLeaving();
    const email = input.email.trim();
    const { kdf } = await rpc.call(method.startLogIn, { email }, { isIdempotent: true });
    const keys = await stretch(input.passphrase, kdfOf(kdf), platform.passwordHash);
    const { outcome } = await rpc.call(method.logIn, { email, authKey: keys.authKey });
    if (outcome.case !== 'secondFactorRequired') return { kind: 'wrong-credentials' };
    ticket = { ticket: outcome.value.ticket, unlock: keys.unlock };
    return { kind: 'second-factor' };
  }

  async function completeLogIn(input: In<'login.complete'>): Out<'login.complete'> {
    if (ticket === undefined) return { kind: 'ticket-expired' };
    const { outcome } = await rpc.call(AccountService.method.completeLogIn, {
      ticket: ticket.ticket,
      totpCode: input.code,
      isSharedComputer: input.isSharedComputer,
    });
    if (outcome.case === 'wrongCode') return { kind: 'wrong-code' };
    if (outcome.case !== 'loggedIn') {
      ticket = undefined;
      return { kind: 'ticket-expired' };
    }
    const { me } = outcome.value;
    if (me === undefined) throw fail('untrusted-server');
    const { unlock } = ticket;
    ticket = undefined;
    await settle(me, unlock, input.isSharedComputer);
    return { kind: 'signed-in' };
  }

  async function confirmEmail(input: In<'email.confirm'>): Out<'email.confirm'> {
    const token = tokenOf(input.token);
    const { outcome } = await rpc.call(AccountService.method.confirmEmailChange, { token });
    if (live !== undefined) void refresh().catch(() => undefined);
    return outcome.case === 'changed' ? { kind: 'changed' } : { kind: 'link-expired' };
  }

  // ---- going

  async function logOut(): Out<'session.logOut'> {
    if (live === undefined) return { kind: 'signed-out' };
    let isTold = true;
    try {
      await rpc.call(AccountService.method.logOut, {}, { timeoutMs: 5_000 });
    } catch (error) {
      if (!(error instanceof EngineFailure)) throw error;
      // Signed out here all the same; the server is told as soon as it can be reached.
      isTold = !isPassing(error.failure);
    }
    await end('logged-out', isTold);
    if (!isTold) void leaveLater(0);
    return { kind: 'signed-out' };
  }

  /**
   * The cookie of the session that was left is all that is still here: nobody signs in before it has ended,
   * or the new session would be the one to end.
   */
  function finishLeaving(): Promise<void> {
    return leaving.run(async () => {
      if (live !== undefined || !(await platform.keeper.isLeaving())) return;
      try {
        await rpc.call(AccountService.method.logOut, {}, { timeoutMs: 5_000 });
      } catch (error) {
        // Any other answer means that there is no such session any more.
        if (isPassing(toFailure(error))) throw error;
      }
      await platform.keeper.forget();
    });
  }

  async function leaveLater(attempt: number): Promise<void> {
    try {
      await finishLeaving();
    } catch (error) {
      const wait = Math.max(1_000, retryDelay(toFailure(error), attempt, random));
      clock.after(wait, () => void leaveLater(attempt + 1));
    }
  }

  function end(reason: 'logged-out' | 'unlinked' | 'expired', isTold = true): Promise<void> {
    set({ kind: 'signed-out', reason });
    return serial.run(() => wipe(isTold));
  }

  /** What this browser kept is gone, the key first. */
  async function wipe(isTold = true): Promise<void> {
    const old = live;
    live = undefined;
    await (isTold ? platform.keeper.forget() : platform.keeper.leave());
    if (old !== undefined) {
      await old.runtime.stop();
      await old.records.destroy();
      if (old.stored.isSharedComputer) return;
    }
    await platform.wipeMls().catch(() => undefined);
  }

  // ---- staying

  async function refresh(): Promise<void> {
    if (live === undefined) return;
    await take(await rpc.call(AccountService.method.getMe, {}, { isIdempotent: true }));
  }

  async function take(me: Me): Promise<void> {
    await serial.run(async () => {
      const mine = need();
      const { stored, account } = mine;
      const profile = profileOf(me);
      const { keys } = me;
      if (keys === undefined || me.accountId !== stored.accountId) throw fail('untrusted-server');
      if (base64(keys.identityPublicKey) !== stored.identityPublicKey)
        throw fail('untrusted-server');
      if (keys.keyGeneration <= stored.generation) {
        if (JSON.stringify(profile) !== JSON.stringify(stored.profile))
          await keep(mine, { ...stored, profile });
        return;
      }
      const secrets = await unlockAccount(me, UNLOCK_KIND.device, stored.deviceId, account.unlock);
      await keep(mine, { ...stored, profile, ...storedKeys(secrets, keys) });
    });
  }

  function tokenOf(token: string): Uint8Array {
    try {
      return own(fromBase64Url(token));
    } catch {
      return new Uint8Array(0);
    }
  }

  return {
    rpc,
    state: () => state,
    runtime: () => need().runtime,
    account: () => need().account,
    stored: () => need().stored,
    start,
    started: () => starting,
    startSignUp,
    openSignUp,
    completeSignUp,
    startLogIn,
    completeLogIn,
    confirmEmail,
    logOut,
    take,
    refresh,
  };
}
