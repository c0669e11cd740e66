import type {
  AccountId,
  Commands,
  ConversationDetails,
  ConversationId,
  MemberItem,
  MembershipRefused,
  Role,
} from '@crypho/engine/api';
import { say, type Said } from '@crypho/i18n';
import { failed } from './notices.ts';
import type { Services } from './services.ts';

export const GROUP_NAME_MAX = 100;

type Refused = { kind: 'refused'; field: 'name' | 'form'; said: Said };

export type GroupAnswer = { kind: 'done' } | Refused;

/** What can be done with groups. Forms are told what was refused; the others say it by themselves. */
export interface GroupActions {
  create(
    name: string,
    members: readonly AccountId[],
    sharesHistory: boolean,
  ): Promise<{ kind: 'done'; conversationId: ConversationId } | Refused>;
  add(conversationId: ConversationId, members: readonly AccountId[]): Promise<GroupAnswer>;
  rename(conversationId: ConversationId, name: string): Promise<GroupAnswer>;
  remove(conversationId: ConversationId, member: MemberItem): Promise<boolean>;
  setSharesHistory(conversationId: ConversationId, sharesHistory: boolean): Promise<boolean>;
  setRole(conversationId: ConversationId, member: MemberItem, role: Role): Promise<boolean>;
  leave(details: ConversationDetails): Promise<boolean>;
  deleteGroup(details: ConversationDetails): Promise<boolean>;
}

/** What one may do to a member, by the roles of both. */
export function memberChoices(
  mine: Role,
  member: MemberItem,
): readonly ('admin' | 'member' | 'owner' | 'remove')[] {
  if (member.isSelf || member.role === 'owner' || mine === 'member') return [];
  if (mine === 'admin') return member.role === 'member' ? ['remove'] : [];
  return [member.role === 'admin' ? 'member' : 'admin', 'owner', 'remove'];
}

export function refusal(refused: MembershipRefused): Said {
  switch (refused.kind) {
    case 'not-allowed':
      return say('group.refused.not-allowed');
    case 'not-a-contact':
      return say('group.refused.not-a-contact');
    case 'group-too-large':
      return say('group.refused.too-large', { max: refused.max });
  }
}

/** Why a group that was just made is without some or all of its people. */
function missing(refused: MembershipRefused): Said {
  switch (refused.kind) {
    case 'not-a-contact':
      return say('group.new.without', { count: refused.accountIds.length });
    case 'group-too-large':
      return say('group.new.too-large', { max: refused.max });
    case 'not-allowed':
      return refusal(refused);
  }
}

type Refusal =
  | MembershipRefused
  | { kind: 'owned-groups-limit'; max: number }
  | { kind: 'owner-must-hand-over' };

function refusalOf(refused: Refusal): Said {
  if (refused.kind === 'owned-groups-limit') return say('group.limit', { count: refused.max });
  if (refused.kind === 'owner-must-hand-over') return say('details.leave.owner');
  return refusal(refused);
}

type GroupCommand =
  | 'group.add'
  | 'group.remove'
  | 'group.settings'
  | 'group.setRole'
  | 'group.leave'
  | 'group.delete';

const refuse = (said: Said): Refused => ({ kind: 'refused', field: 'form', said });

function nameOrRefusal(name: string): string | Refused {
  const trimmed = name.trim().slice(0, GROUP_NAME_MAX);
  if (trimmed !== '') return trimmed;
  return { kind: 'refused', field: 'name', said: say('group.new.name.missing') };
}

export function createGroups({ engine, notices }: Services): GroupActions {
  const ask = async <N extends GroupCommand>(
    name: N,
    args: Commands[N]['in'],
    done: Said,
  ): Promise<GroupAnswer> => {
    const answer = await engine.command(name, args);
    if (!answer.ok) return refuse(failed(answer.failure));
    const value: Commands[GroupCommand]['out'] = answer.value;
    if (value.kind !== 'done' && value.kind !== 'left' && value.kind !== 'deleted') {
      return refuse(refusalOf(value));
    }
    notices.actions.show(done);
    return { kind: 'done' };
  };
  const run = async <N extends GroupCommand>(
    name: N,
    args: Commands[N]['in'],
    done: Said,
  ): Promise<boolean> => {
    const answer = await ask(name, args, done);
    if (answer.kind === 'refused') notices.actions.show(answer.said, 'danger');
    return answer.kind === 'done';
  };
  return {
    async create(name, members, sharesHistory) {
      const named = nameOrRefusal(name);
      if (typeof named !== 'string') return named;
      const answer = await engine.command('group.create', { name: named, members, sharesHistory });
      if (!answer.ok) return refuse(failed(answer.failure));
      const { value } = answer;
      if (value.kind !== 'created') return refuse(refusalOf(value));
      // The group stands, so that the form has nothing left to ask: who is missing is said in passing.
      if (value.notAdded) notices.actions.show(missing(value.notAdded), 'danger');
      return { kind: 'done', conversationId: value.conversationId };
    },
    add: (conversationId, members) =>
      ask(
        'group.add',
        { conversationId, members },
        say('details.added', { count: members.length }),
      ),
    async rename(conversationId, name) {
      const named = nameOrRefusal(name);
      if (typeof named !== 'string') return named;
      return ask('group.settings', { conversationId, name: named }, say('details.renamed'));
    },
    remove: (conversationId, { accountId, displayName }) =>
      run(
        'group.remove',
        { conversationId, accountId },
        say('details.removed', { name: displayName }),
      ),
    setSharesHistory: (conversationId, sharesHistory) =>
      run('group.settings', { conversationId, sharesHistory }, say('common.saved')),
    setRole: (conversationId, { accountId, displayName }, role) =>
      run(
        'group.setRole',
        { conversationId, accountId, role },
        role === 'owner'
          ? say('details.handover.done', { name: displayName })
          : say('details.role.changed'),
      ),
    leave: ({ conversationId, name }) =>
      run('group.leave', { conversationId }, say('details.left', { group: name })),
    deleteGroup: ({ conversationId, name }) =>
      run('group.delete', { conversationId }, say('details.deleted', { group: name })),
  };
}
