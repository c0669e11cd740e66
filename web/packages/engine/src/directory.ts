/**
 * Who is who: names, identity keys pinned when first seen, and devices whose certificates hold. The
 * server's word counts for names alone.
 */
import { base64, fromBase64, isCertified, isDepositKey, own, sameBytes } from '@crypho/vault';
import type { Bytes, Records } from '@crypho/vault';
import { thumbprint } from '@crypho/mls/identity';
import {
  AccountService,
  KnownDevicesSchema,
  KnownDevices_KnownDeviceSchema,
  KnownIdentitySchema,
  create,
} from '@crypho/wire';
import type { AccountEntry, Device, KnownDevices_KnownDevice } from '@crypho/wire';
import type { Account } from './account-state.ts';
import type { Person } from './api.ts';
import type { Clock } from './platform.ts';
import type { Rpc } from './rpc.ts';
import { TOPIC } from './topics.ts';
import type { Topics } from './topics.ts';
import { vaultRecord } from './vault-sync.ts';
import type { VaultSync } from './vault-sync.ts';

const PEOPLE = 'people';
const ASK_MAX = 200;
/** A vault entry holds 64 KiB. */
const DEVICES_MAX = 200;

export interface KnownDevice {
  readonly device: string;
  /** As in MLS leaves. */
  readonly thumbprint: string;
  readonly signingKey: string;
  /** False once unlinked: still good for reading what it once sent. */
  readonly isCurrent: boolean;
}

export interface KnownPerson {
  readonly account: string;
  readonly displayName: string;
  /** False where the identity key is not the one first seen: nothing of the account is trusted. */
  readonly isIdentityKnown: boolean;
  readonly identityKey: string;
  readonly deposit: { readonly key: string; readonly generation: number } | null;
  readonly devices: readonly KnownDevice[];
}

/** A device, and the account that it is said to be of. */
export interface DeviceName {
  readonly account: string;
  readonly device: string;
}

export interface Directory {
  open(): Promise<void>;
  find(account: string): KnownPerson | undefined;
  /** Asks the server about those that are not known, or about all with `isFresh`. */
  learn(accounts: readonly string[], options?: { readonly isFresh?: boolean }): Promise<void>;
  device(account: string, device: string): KnownDevice | undefined;
  /**
   * The same of several, asking the server about those that are not known: linked since we last
   * asked, or come and gone while all of our devices were off.
   */
  seek(wanted: readonly DeviceName[]): Promise<void>;
  signingKey(account: string, device: string): Bytes | undefined;
  person(account: string): Person;
  /** Names that contact lists bring along. */
  name(account: string, displayName: string): void;
  onIdentityChanged(listener: (account: string) => void): void;
}

export interface DirectoryDeps {
  readonly records: Records;
  readonly rpc: Rpc;
  readonly clock: Clock;
  readonly topics: Topics;
  readonly vault: VaultSync;
  account(): Account;
}

function isKnownPerson(value: unknown): value is KnownPerson {
  return typeof value === 'object' && value !== null && 'account' in value && 'devices' in value;
}

export function makeDirectory(deps: DirectoryDeps): Directory {
  const { records, rpc, clock, topics, vault } = deps;
  const people = new Map<string, KnownPerson>();
  const names = new Map<string, string>();
  const listeners: ((account: string) => void)[] = [];

  async function open(): Promise<void> {
    for (const value of await records.all(PEOPLE))
      if (isKnownPerson(value)) people.set(value.account, value);
  }

  /** The identity key that the account had when it was first seen by any of our devices. */
  async function pinned(entry: AccountEntry): Promise<Bytes> {
    const own_ = deps.account();
    if (entry.accountId === own_.accountId) return own_.identityPublicKey;
    const name = `identity/${entry.accountId}`;
    const known = await vault.get(name);
    if (known?.body.case === 'knownIdentity') return own(known.body.value.identityPublicKey);
    if (entry.identityPublicKey.length !== 32) return new Uint8Array(0);
    const value = create(KnownIdentitySchema, {
      identityPublicKey: entry.identityPublicKey,
      isVerified: false,
      firstSeenMs: BigInt(Math.round(clock.now())),
    });
    await vault.put(vaultRecord(name, { case: 'knownIdentity', value }));
    return own(entry.identityPublicKey);
  }

  async function certified(
    identityKey: Uint8Array,
    account: string,
    device: KnownDevices_KnownDevice,
    isCurrent: boolean,
  ): Promise<KnownDevice | undefined> {
    if (!(await isCertified(identityKey, account, device, device.certificate))) return undefined;
    return {
      device: device.deviceId,
      thumbprint: await thumbprint(device.mlsSignatureKey),
      signingKey: base64(device.signingKey),
      isCurrent,
    };
  }

  /**
   * All devices that the account was ever seen to have: kept in the vault, because messages of those
   * that are unlinked are still to be checked, and the server need not be asked for them again.
   */
  async function remember(
    account: string,
    identityKey: Uint8Array,
    listed: readonly Device[],
  ): Promise<readonly KnownDevices_KnownDevice[]> {
    const name = `devices/${account}`;
    const record = await vault.get(name);
    const known = record?.body.case === 'knownDevices' ? record.body.value.devices : [];
    const unknown = listed.filter((each) => !known.some((k) => k.deviceId === each.deviceId));
    const checks = await Promise.all(
      unknown.map((each) => isCertified(identityKey, account, each, each.certificate)),
    );
    const fresh = unknown
      .filter((_, i) => checks[i] === true)
      .map(({ deviceId, mlsSignatureKey, signingKey, unlockKey, certificate }) =>
        create(KnownDevices_KnownDeviceSchema, {
          deviceId,
          mlsSignatureKey,
          signingKey,
          unlockKey,
          certificate,
        }),
      );
    if (fresh.length === 0) return known;
    const devices = [...known, ...fresh].slice(-DEVICES_MAX);
    const value = create(KnownDevicesSchema, { devices });
    await vault.put(vaultRecord(name, { case: 'knownDevices', value }));
    return devices;
  }

  async function check(entry: AccountEntry): Promise<KnownPerson> {
    const account = entry.accountId;
    const pin = await pinned(entry);
    const isIdentityKnown =
      entry.identityPublicKey.length === 0 || sameBytes(pin, entry.identityPublicKey);
    const isListed = (id: string): boolean => entry.devices.some((each) => each.deviceId === id);
    const listed = [...entry.formerDevices, ...entry.devices];
    const remembered = isIdentityKnown ? await remember(account, pin, listed) : [];
    const certifiedDevices = isIdentityKnown
      ? await Promise.all(
          remembered.map((device) => certified(pin, account, device, isListed(device.deviceId))),
        )
      : [];
    const devices = certifiedDevices.filter((device) => device !== undefined);
    const isDepositSound =
      isIdentityKnown &&
      (await isDepositKey(
        pin,
        account,
        entry.keyGeneration,
        entry.depositPublicKey,
        entry.depositSignature,
      ));
    return {
      account,
      displayName: entry.displayName,
      isIdentityKnown,
      identityKey: base64(pin),
      deposit: isDepositSound
        ? { key: base64(entry.depositPublicKey), generation: entry.keyGeneration }
        : null,
      devices,
    };
  }

  async function ask(accounts: readonly string[], former: readonly string[] = []): Promise<void> {
    const { accounts: entries } = await rpc.call(
      AccountService.method.getAccounts,
      { accountIds: [...accounts], formerDeviceIds: [...former] },
      { isIdempotent: true },
    );
    const checked = await Promise.all(entries.map(check));
    await records.write(
      checked.map((person) => ({
        place: { partition: PEOPLE, name: person.account },
        value: person,
      })),
    );
    for (const person of checked) {
      const before = people.get(person.account);
      people.set(person.account, person);
      if (!person.isIdentityKnown && before?.isIdentityKnown !== false)
        for (const listener of listeners) listener(person.account);
    }
    if (checked.length > 0) topics.changed(TOPIC.people);
  }

  async function learn(
    accounts: readonly string[],
    options: { readonly isFresh?: boolean } = {},
  ): Promise<void> {
    const wanted = [...new Set(accounts)].filter(
      (account) => account !== '' && (options.isFresh === true || !people.has(account)),
    );
    for (let at = 0; at < wanted.length; at += ASK_MAX) await ask(wanted.slice(at, at + ASK_MAX));
  }

  function device(account: string, id: string): KnownDevice | undefined {
    return people.get(account)?.devices.find((each) => each.device === id);
  }

  async function seek(wanted: readonly DeviceName[]): Promise<void> {
    const strangers = wanted.filter((each) => device(each.account, each.device) === undefined);
    for (let at = 0; at < strangers.length; at += ASK_MAX) {
      const some = strangers.slice(at, at + ASK_MAX);
      const accounts = new Set(some.map((each) => each.account));
      const devices = new Set(some.map((each) => each.device));
      await ask([...accounts], [...devices]);
    }
  }

  return {
    open,
    find: (account) => people.get(account),
    learn,
    device,
    seek,
    signingKey: (account, id) => {
      const found = device(account, id);
      return found === undefined ? undefined : fromBase64(found.signingKey);
    },
    person: (account) => ({
      accountId: account,
      displayName: people.get(account)?.displayName ?? names.get(account) ?? '',
      isSelf: account === deps.account().accountId,
    }),
    name: (account, displayName) => {
      if (names.get(account) === displayName) return;
      names.set(account, displayName);
      topics.changed(TOPIC.people);
    },
    onIdentityChanged: (listener) => {
      listeners.push(listener);
    },
  };
}
