/** Own commits on their way: sent until the server's answer is known, and only then applied. */
import type { Bundle, Delivery, Sent } from '@crypho/mls';
import { hex, parseGroupId } from '@crypho/vault';
import { CommitRefusal, ConversationKind, ConversationService } from '@crypho/wire';
import type { CommitResponse, PendingRemoval } from '@crypho/wire';
import type { Context } from './context.ts';
import { isPassing, toFailure } from './failure.ts';
import { retryDelay, sleep } from './rpc.ts';

/** What a commit is for: set before the MLS engine makes it. */
export type Intent =
  | { readonly kind: 'create-direct'; readonly peer: string }
  | { readonly kind: 'create-group' }
  | { readonly kind: 'reset' }
  | {
      readonly kind: 'members';
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly sharesHistory: boolean;
    };

export type Fate =
  | { readonly kind: 'accepted'; readonly seq: number }
  | { readonly kind: 'exists'; readonly conversationId: string }
  | { readonly kind: 'not-a-contact' }
  | { readonly kind: 'owned-groups-limit'; readonly max: number }
  | { readonly kind: 'conflict' }
  | {
      readonly kind: 'refused';
      readonly reason: CommitRefusal;
      readonly pending: readonly PendingRemoval[];
      readonly limit: number;
    };

export interface DeliveryState {
  /** By hex of the group id. */
  readonly intents: Map<string, Intent>;
  readonly fates: Map<string, Fate>;
}

const TRIES_MAX = 200;

export function makeDelivery(context: () => Context, shared: DeliveryState): Delivery {
  async function sendOnce(bundle: Bundle, intent: Intent | undefined): Promise<Fate> {
    const { conversation, generation } = parseGroupId(bundle.group);
    const { rpc } = context();
    const { groupInfo } = bundle;
    const method = ConversationService.method;
    if (intent?.kind === 'create-direct' || intent?.kind === 'create-group') {
      const isDirect = intent.kind === 'create-direct';
      const answer = await rpc.call(method.createConversation, {
        conversationId: conversation,
        kind: isDirect ? ConversationKind.DIRECT : ConversationKind.GROUP,
        peerAccountId: isDirect ? intent.peer : '',
        groupInfo,
      });
      return createFate(answer.outcome);
    }
    if (intent?.kind === 'reset') {
      const request = { conversationId: conversation, generation: generation - 1, groupInfo };
      return commitFate((await rpc.call(method.resetGroup, request)).outcome);
    }
    const answer = await rpc.call(method.commit, {
      conversationId: conversation,
      generation,
      epoch: bundle.baseEpoch,
      commit: bundle.commit,
      ...(bundle.welcome === undefined ? {} : { welcome: bundle.welcome }),
      groupInfo,
      addedAccountIds: [...(intent?.added ?? [])],
      removedAccountIds: [...(intent?.removed ?? [])],
      sharesHistory: intent?.sharesHistory ?? false,
    });
    return commitFate(answer.outcome);
  }

  async function send(bundle: Bundle): Promise<Sent> {
    const name = hex(bundle.group);
    const { platform } = context();
    for (let attempt = 0; attempt < TRIES_MAX && !context().isStopped(); attempt++) {
      try {
        const fate = await sendOnce(bundle, shared.intents.get(name));
        shared.fates.set(name, fate);
        return toSent(fate, bundle);
      } catch (error) {
        const failure = toFailure(error);
        // Refused before anything was done: the commit is nowhere.
        if (!isPassing(failure) && failure.code !== 'internal')
          return { t: 'refused', reason: failure.code };
        await sleep(platform.clock, retryDelay(failure, attempt, platform.random));
      }
    }
    return { t: 'unknown' };
  }

  return { send };
}

function toSent(fate: Fate, bundle: Bundle): Sent {
  switch (fate.kind) {
    case 'accepted':
      return { t: 'accepted' };
    case 'conflict':
      return { t: 'conflict', serverEpoch: bundle.baseEpoch + 1n };
    case 'refused':
      return { t: 'refused', reason: `server ${fate.reason}` };
    default:
      return { t: 'refused', reason: fate.kind };
  }
}

function createFate(outcome: import('@crypho/wire').CreateConversationResponse['outcome']): Fate {
  switch (outcome.case) {
    case 'created':
      return { kind: 'accepted', seq: 0 };
    case 'exists':
      return { kind: 'exists', conversationId: outcome.value.conversationId };
    case 'ownedGroupsLimit':
      return { kind: 'owned-groups-limit', max: outcome.value.ownedGroupsMax };
    case 'notAContact':
    case undefined:
      return { kind: 'not-a-contact' };
  }
}

function commitFate(outcome: CommitResponse['outcome']): Fate {
  switch (outcome.case) {
    case 'accepted':
      return { kind: 'accepted', seq: Number(outcome.value.seq) };
    case 'refused':
      return {
        kind: 'refused',
        reason: outcome.value.reason,
        pending: outcome.value.pendingRemovals,
        limit: Number(outcome.value.limit),
      };
    case 'conflict':
    case undefined:
      return { kind: 'conflict' };
  }
}
