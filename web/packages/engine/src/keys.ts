/** Conversation keys, one an epoch: in the vault, so that every own device has them. */
import {
  OpenError,
  depositSignatureData,
  fromBase64,
  openDeposit,
  own,
  sameBytes,
  sealDeposit,
  verify,
} from '@crypho/vault';
import type { Bytes } from '@crypho/vault';
import { ConversationKeySchema, ConversationService, DepositSchema, create } from '@crypho/wire';
import type { Deposit } from '@crypho/wire';
import type { Context } from './context.ts';
import type { EpochName } from './state.ts';
import { vaultRecord } from './vault-sync.ts';

export interface HeldKey {
  readonly key: Bytes;
  /** From a deposit that no own device has checked against the group: good for reading only. */
  readonly isFromDeposit: boolean;
}

export interface KeyRing {
  get(conversation: string, epoch: EpochName): Promise<HeldKey | undefined>;
  /** A key that this device derived from the group itself. */
  putDerived(conversation: string, epoch: EpochName, key: Uint8Array): Promise<void>;
  /** Takes what others sealed to us; answers the epochs that this brought. */
  readDeposits(conversation: string, from: EpochName): Promise<readonly EpochName[]>;
  /**
   * Compares the deposit to this account with the key that this device derived in that epoch, and puts a true one
   * in its place where it does not hold: own devices that were away would read nothing.
   */
  checkDeposit(conversation: string, epoch: EpochName): Promise<'held' | 'replaced' | 'unknown'>;
  /** Seals a derived key to accounts' deposit keys. */
  makeDeposits(
    conversation: string,
    epoch: EpochName,
    accounts: readonly string[],
  ): Promise<readonly Deposit[]>;
}

function keyName(conversation: string, epoch: EpochName): string {
  return `key/${conversation}/${epoch.generation}/${epoch.epoch}`;
}

export function makeKeyRing(context: () => Context): KeyRing {
  async function get(conversation: string, epoch: EpochName): Promise<HeldKey | undefined> {
    const record = await context().vault.get(keyName(conversation, epoch));
    if (record?.body.case !== 'conversationKey') return undefined;
    const { key, isFromDeposit } = record.body.value;
    return { key: own(key), isFromDeposit };
  }

  async function put(
    conversation: string,
    epoch: EpochName,
    key: Uint8Array,
    isFromDeposit: boolean,
  ): Promise<void> {
    const value = create(ConversationKeySchema, { key, isFromDeposit });
    const name = keyName(conversation, epoch);
    await context().vault.put(vaultRecord(name, { case: 'conversationKey', value }));
  }

  async function putDerived(
    conversation: string,
    epoch: EpochName,
    key: Uint8Array,
  ): Promise<void> {
    const held = await get(conversation, epoch);
    if (held !== undefined && !held.isFromDeposit && sameBytes(held.key, key)) return;
    await put(conversation, epoch, key, false);
  }

  /** The key in a deposit to us, or undefined where it does not hold up. */
  async function openOne(conversation: string, deposit: Deposit): Promise<Bytes | undefined> {
    const { directory, account } = context();
    const me = account();
    const place = {
      conversation,
      generation: deposit.generation,
      epoch: deposit.epoch,
      account: me.accountId,
    };
    await directory.seek([
      { account: deposit.depositorAccountId, device: deposit.depositorDeviceId },
    ]);
    const signingKey = directory.signingKey(deposit.depositorAccountId, deposit.depositorDeviceId);
    if (signingKey !== undefined) {
      const data = depositSignatureData(place, deposit.keyGeneration, deposit.sealedKey);
      if (!(await verify(signingKey, deposit.signature, data))) return undefined;
    }
    const secrets = me.all.find((each) => each.generation === deposit.keyGeneration);
    if (secrets === undefined) return undefined;
    try {
      const key = await openDeposit(secrets.deposit.privateKey, place, deposit.sealedKey);
      return key.length === 32 ? key : undefined;
    } catch (error) {
      if (error instanceof OpenError) return undefined;
      throw error;
    }
  }

  async function readDeposits(
    conversation: string,
    from: EpochName,
  ): Promise<readonly EpochName[]> {
    const brought: EpochName[] = [];
    let fromEpoch = BigInt(from.epoch);
    for (;;) {
      const page = await context().rpc.call(
        ConversationService.method.readDeposits,
        { conversationId: conversation, generation: from.generation, fromEpoch, limit: 500 },
        { isIdempotent: true },
      );
      for (const deposit of page.deposits) {
        const epoch = { generation: deposit.generation, epoch: Number(deposit.epoch) };
        const held = await get(conversation, epoch);
        if (held !== undefined && !held.isFromDeposit) continue;
        const key = await openOne(conversation, deposit);
        if (key === undefined || (held !== undefined && sameBytes(held.key, key))) continue;
        await put(conversation, epoch, key, true);
        brought.push(epoch);
      }
      const last = page.deposits.at(-1);
      if (!page.hasMore || last === undefined || last.generation !== from.generation)
        return brought;
      fromEpoch = last.epoch + 1n;
    }
  }

  async function checkDeposit(
    conversation: string,
    epoch: EpochName,
  ): Promise<'held' | 'replaced' | 'unknown'> {
    const held = await get(conversation, epoch);
    if (held === undefined || held.isFromDeposit) return 'unknown';
    const { deposits } = await context().rpc.call(
      ConversationService.method.readDeposits,
      {
        conversationId: conversation,
        generation: epoch.generation,
        fromEpoch: BigInt(epoch.epoch),
        limit: 1,
      },
      { isIdempotent: true },
    );
    const [deposit] = deposits;
    const isThere =
      deposit?.generation === epoch.generation && Number(deposit.epoch) === epoch.epoch;
    if (deposit === undefined || !isThere) return 'unknown';
    const key = await openOne(conversation, deposit);
    if (key !== undefined && sameBytes(key, held.key)) return 'held';
    const made = await makeDeposits(conversation, epoch, [context().account().accountId]);
    if (made.length === 0) return 'unknown';
    await context().rpc.call(
      ConversationService.method.putDeposits,
      { conversationId: conversation, deposits: [...made] },
      { isIdempotent: true },
    );
    return 'replaced';
  }

  async function makeDeposits(
    conversation: string,
    epoch: EpochName,
    accounts: readonly string[],
  ): Promise<readonly Deposit[]> {
    const { directory, account } = context();
    const me = account();
    const held = await get(conversation, epoch);
    if (held === undefined || held.isFromDeposit) return [];
    await directory.learn(accounts, { isFresh: true });
    const made: Deposit[] = [];
    for (const recipient of accounts) {
      const deposit = directory.find(recipient)?.deposit;
      // A deposit key that its owner did not sign: sealing to it would give the key to the server.
      if (deposit === undefined || deposit === null) continue;
      const place = {
        conversation,
        generation: epoch.generation,
        epoch: BigInt(epoch.epoch),
        account: recipient,
      };
      const sealedKey = await sealDeposit(fromBase64(deposit.key), place, held.key);
      const data = depositSignatureData(place, deposit.generation, sealedKey);
      made.push(
        create(DepositSchema, {
          generation: epoch.generation,
          epoch: place.epoch,
          accountId: recipient,
          sealedKey,
          keyGeneration: deposit.generation,
          depositorAccountId: me.accountId,
          depositorDeviceId: me.deviceId,
          signature: await me.signing.sign(data),
        }),
      );
    }
    return made;
  }

  return { get, putDerived, readDeposits, checkDeposit, makeDeposits };
}
