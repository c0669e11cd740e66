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

export type GroupAnswer =
  { kind: 'done'; conversationId?: ConversationId } | { kind: 'refused'; said: Said };

/** What can be done with groups. Each says by itself what came of it, save refusals of new groups. */
export interface GroupActions {
  create(name: string, members: readonly AccountId[], sharesHistory: boolean): Promise<GroupAnswer>;
  add(conversationId: ConversationId, members: readonly AccountId[]): Promise<boolean>;
  remove(conversationId: ConversationId, member: MemberItem): Promise<boolean>;
  rename(conversationId: ConversationId, name: string): Promise<boolean>;
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

export function createGroups({ engine, notices }: Services): GroupActions {
  const run = async <N extends GroupCommand>(
    name: N,
    args: Commands[N]['in'],
    done: Said,
  ): Promise<boolean> => {
    const answer = await engine.command(name, args);
    if (!answer.ok) {
      notices.actions.fail(answer.failure);
      return false;
    }
    const value: Commands[GroupCommand]['out'] = answer.value;
    if (value.kind === 'done' || value.kind === 'left' || value.kind === 'deleted') {
      notices.actions.show(done);
      return true;
    }
    notices.actions.show(refusalOf(value), 'danger');
    return false;
  };
  return {
    async create(name, members, sharesHistory) {
      const trimmed = name.trim().slice(0, GROUP_NAME_MAX);
      if (trimmed === '') return { kind: 'refused', said: say('group.new.name.missing') };
      const answer = await engine.command('group.create', {
        name: trimmed,
        members,
        sharesHistory,
      });
      if (!answer.ok) return { kind: 'refused', said: failed(answer.failure) };
      if (answer.value.kind === 'created') {
        return { kind: 'done', conversationId: answer.value.conversationId };
      }
      return { kind: 'refused', said: say('group.limit', { count: answer.value.max }) };
    },
    add: (conversationId, members) =>
      run(
        'group.add',
        { conversationId, members },
        say('details.added', { count: members.length }),
      ),
    remove: (conversationId, { accountId, displayName }) =>
      run(
        'group.remove',
        { conversationId, accountId },
        say('details.removed', { name: displayName }),
      ),
    rename: (conversationId, name) =>
      run(
        'group.settings',
        { conversationId, name: name.trim().slice(0, GROUP_NAME_MAX) },
        say('details.renamed'),
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
