/**
 * What this client lets into a group: devices certified by the identity key that was pinned, of accounts
 * that are members, and nothing the server adds by itself.
 */
import type { CommitView, Leaf, Origin, Policy, Verdict } from '@crypho/mls';
import { parseGroupId } from '@crypho/vault';
import type { Context } from './context.ts';
import type { ConversationState } from './state.ts';

const OK: Verdict = { ok: true };

function no(reason: string): Verdict {
  return { ok: false, reason };
}

/** What the log says about the commit being processed: who joins and who goes by it. */
export interface Announced {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly sender: string;
}

export interface PolicyState {
  /** By conversation; set while a commit is processed or made. */
  readonly announced: Map<string, Announced>;
}

export async function isCertifiedLeaf(context: Context, leaf: Leaf): Promise<boolean> {
  const { account, device } = leaf.id;
  const me = context.account();
  const { self } = context.mls;
  if (account === me.accountId && device === self.device) return true;
  const known = context.directory.device(account, device);
  if (known?.isCurrent === true) return known.thumbprint === leaf.keyThumbprint;
  // A device made since we last asked, or one that has gone since: its commits are still to be followed.
  if (known === undefined) await context.directory.seek([leaf.id]);
  else await context.directory.learn([account], { isFresh: true });
  const found = context.directory.device(account, device);
  return found !== undefined && found.thumbprint === leaf.keyThumbprint;
}

function isLinked(context: Context, leaf: Leaf): boolean {
  return context.directory.device(leaf.id.account, leaf.id.device)?.isCurrent === true;
}

function isMember(state: ConversationState | undefined, account: string): boolean {
  return state?.members.some((member) => member.account === account && member.isCurrent) ?? false;
}

function mayAdd(state: ConversationState | undefined, account: string): boolean {
  const role = state?.members.find((member) => member.account === account)?.role;
  return state?.kind === 'group' && (role === 'admin' || role === 'owner');
}

export function makePolicy(context: () => Context, shared: PolicyState): Policy {
  function place(group: Uint8Array): {
    state: ConversationState | undefined;
    announced: Announced | undefined;
  } {
    const { conversation } = parseGroupId(group);
    return {
      state: context().store.get(conversation),
      announced: shared.announced.get(conversation),
    };
  }

  async function before(commit: CommitView): Promise<Verdict> {
    const { state, announced } = place(commit.group);
    if (commit.external) {
      const leaf = commit.pathLeaf;
      if (leaf === undefined) return no('external commit without a leaf');
      if (!isMember(state, leaf.id.account)) return no('ghost account');
      return (await isCertifiedLeaf(context(), leaf)) ? OK : no('ghost device');
    }
    for (const leaf of commit.added) {
      const { account } = leaf.id;
      const isNew = announced?.added.includes(account) === true;
      if (!isMember(state, account) && !isNew) return no('ghost account');
      if (isNew && !mayAdd(state, announced.sender)) return no('not entitled to add');
      if (!(await isCertifiedLeaf(context(), leaf))) return no('ghost device');
    }
    return OK;
  }

  async function after(members: readonly Leaf[], from: CommitView | Origin): Promise<Verdict> {
    for (const leaf of members)
      if (!(await isCertifiedLeaf(context(), leaf))) {
        const known = context().directory.find(leaf.id.account);
        return no(known?.isIdentityKnown === false ? 'identity changed' : 'ghost device');
      }
    if (from === 'welcome' || from === 'own-external') return OK;
    const { announced } = place(from.group);
    if (announced === undefined) return OK;
    // Who goes must go: an account that the log says was removed may keep no device.
    const hidden = members.find((leaf) => announced.removed.includes(leaf.id.account));
    return hidden === undefined ? OK : no('hidden member');
  }

  return {
    // An unlinked device's leaf may be in a group still; it is never let in again from here.
    keyPackage: async (leaf) =>
      (await isCertifiedLeaf(context(), leaf)) && isLinked(context(), leaf)
        ? OK
        : no('ghost device'),
    before,
    after,
  };
}
