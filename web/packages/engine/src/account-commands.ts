/** Commands about the account itself: profile, passphrase, address, devices, account key. */
import {
  UNLOCK_KIND,
  accountSecrets,
  fromBase64,
  openIdentitySeed,
  own,
  sealIdentity,
  sealPrevious,
} from '@crypho/vault';
import { AccountService, ClientSettingsSchema, create } from '@crypho/wire';
import type { Unlock } from '@crypho/wire';
import type { Commands, Settings } from './api.ts';
import {
  WIRE_LANGUAGE,
  isSigned,
  kdfOf,
  makeAccountKeys,
  makeUnlock,
  newKdf,
  stretch,
  wireKdf,
} from './enrol.ts';
import { fail } from './failure.ts';
import { WIRE_THEME } from './lists.ts';
import type { Platform } from './platform.ts';
import type { Session } from './session.ts';
import { vaultRecord } from './vault-sync.ts';

type In<N extends keyof Commands> = Commands[N]['in'];
type Out<N extends keyof Commands> = Promise<Commands[N]['out']>;

const ROTATIONS_MAX = 5;

export interface AccountCommands {
  changeProfile(input: In<'profile.change'>): Out<'profile.change'>;
  changePassphrase(input: In<'passphrase.change'>): Out<'passphrase.change'>;
  changeEmail(input: In<'email.change'>): Out<'email.change'>;
  unlink(input: In<'device.unlink'>): Out<'device.unlink'>;
  changeSettings(input: Partial<Settings>): Out<'settings.change'>;
}

export function makeAccountCommands(platform: Platform, session: Session): AccountCommands {
  const { method } = AccountService;
  const { random, passwordHash } = platform;

  async function authKeyOf(passphrase: string): Promise<Uint8Array> {
    const me = await session.rpc.call(method.getMe, {}, { isIdempotent: true });
    return (await stretch(passphrase, kdfOf(me.kdf), passwordHash)).authKey;
  }

  async function changeProfile(input: In<'profile.change'>): Out<'profile.change'> {
    const { displayName, language } = input;
    const me = await session.rpc.call(method.changeProfile, {
      ...(displayName === undefined ? {} : { displayName: displayName.trim() }),
      ...(language === undefined ? {} : { language: WIRE_LANGUAGE[language] }),
    });
    await session.take(me);
    const { directory } = session.runtime().context;
    await directory.learn([me.accountId], { isFresh: true });
    return { kind: 'changed' };
  }

  async function changePassphrase(input: In<'passphrase.change'>): Out<'passphrase.change'> {
    const currentAuthKey = await authKeyOf(input.current);
    const kdf = newKdf(random);
    const keys = await stretch(input.next, kdf, passwordHash);
    for (let attempt = 0; attempt < ROTATIONS_MAX; attempt++) {
      const { secrets, identity } = session.account();
      const { publicKey } = keys.unlock;
      const newUnlock = await makeUnlock(secrets, identity, UNLOCK_KIND.passphrase, '', publicKey);
      const { outcome } = await session.rpc.call(method.changePassphrase, {
        currentAuthKey,
        newAuthKey: keys.authKey,
        newKdf: wireKdf(kdf),
        newUnlock,
      });
      if (outcome.case === 'changed') return { kind: 'changed' };
      if (outcome.case !== 'staleKey') return { kind: 'wrong-passphrase' };
      await session.refresh();
    }
    throw fail('unavailable');
  }

  async function changeEmail(input: In<'email.change'>): Out<'email.change'> {
    const authKey = await authKeyOf(input.passphrase);
    const newEmail = input.newEmail.trim();
    const { outcome } = await session.rpc.call(method.startEmailChange, { newEmail, authKey });
    return outcome.case === 'mailSent' ? { kind: 'mail-sent' } : { kind: 'wrong-passphrase' };
  }

  async function unlink(input: In<'device.unlink'>): Out<'device.unlink'> {
    const { deviceId } = input;
    const { unlocks } = await session.rpc.call(method.unlinkDevice, { deviceId });
    await rotate(unlocks);
    const { context, lists } = session.runtime();
    await lists.refreshDevices();
    await context.directory.learn([session.account().accountId], { isFresh: true });
    return { kind: 'unlinked' };
  }

  /** A new account key for every way in that remains: what the unlinked device holds opens nothing new. */
  async function rotate(first: readonly Unlock[]): Promise<void> {
    let ways = first;
    for (let attempt = 0; attempt < ROTATIONS_MAX; attempt++) {
      const account = session.account();
      const stored = session.stored();
      const { secrets: old, identity, accountId } = account;
      const next = await accountSecrets(accountId, old.generation + 1, random(32));
      const seed = await openIdentitySeed(old, fromBase64(stored.sealedIdentity));
      const sealedIdentity = await sealIdentity(next, seed, random);
      seed.fill(0);
      const previous = stored.sealedPrevious.map((each) => fromBase64(each));
      const sealedPrevious = [...previous, await sealPrevious(next, old, random)];
      const unlocks: Unlock[] = [];
      for (const way of ways) {
        // The server cannot add a way in: what the identity did not sign gets nothing.
        if (!(await isSigned(account, way))) throw fail('untrusted-server');
        const publicKey = own(way.publicKey);
        unlocks.push(await makeUnlock(next, identity, Number(way.kind), way.id, publicKey));
      }
      const keys = await makeAccountKeys(next, identity, sealedIdentity, sealedPrevious);
      const { outcome } = await session.rpc.call(method.rotateAccountKey, { keys, unlocks });
      await session.refresh();
      if (outcome.case === 'rotated') return;
      if (outcome.case === 'conflict') ways = outcome.value.unlocks;
    }
    throw fail('unavailable');
  }

  async function changeSettings(input: Partial<Settings>): Out<'settings.change'> {
    const { context, lists } = session.runtime();
    const next = { ...(await lists.settings()), ...input };
    const value = create(ClientSettingsSchema, {
      theme: WIRE_THEME[next.theme],
      sendsNoReadMarks: !next.sendsReadMarks,
      sendsNoTyping: !next.sendsTyping,
    });
    await context.vault.put(vaultRecord('settings', { case: 'settings', value }));
    context.topics.changed('settings');
    return { kind: 'changed' };
  }

  return { changeProfile, changePassphrase, changeEmail, unlink, changeSettings };
}
