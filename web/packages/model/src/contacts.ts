import type { AccountId, ContactItem, ConversationId } from '@crypho/engine/api';
import { say, type Said } from '@crypho/i18n';
import { looksLikeEmail } from './email.ts';
import { applyPatch, emptyList, type PatchedList } from './list.ts';
import { failed } from './notices.ts';
import { nameMatches } from './person.ts';
import type { Services } from './services.ts';
import { createModel, createStore, type Model } from './store.ts';

export type Contact = Extract<ContactItem, { kind: 'contact' }>;
export type Sent = Extract<ContactItem, { kind: 'sent' }>;
export type Received = Extract<ContactItem, { kind: 'received' }>;

export interface ContactsSnapshot {
  readonly isLoaded: boolean;
  readonly people: readonly Contact[];
  readonly shown: readonly Contact[];
  readonly sent: readonly Sent[];
  readonly received: readonly Received[];
  readonly query: string;
  /** Invitations being answered or withdrawn. */
  readonly busy: ReadonlySet<string>;
}

export type InviteAnswer =
  { kind: 'done' } | { kind: 'refused'; field: 'email' | 'form'; said: Said };

export interface ContactsActions {
  search(query: string): void;
  invite(email: string, note: string): Promise<InviteAnswer>;
  accept(item: Received): Promise<void>;
  reject(item: Received): Promise<void>;
  withdraw(item: Sent): Promise<void>;
  remove(contact: Contact): Promise<void>;
  /** The one-to-one conversation with a contact; made when there is none. */
  openDirect(accountId: AccountId): Promise<ConversationId | undefined>;
}

export type ContactsModel = Model<ContactsSnapshot, ContactsActions>;

export const NOTE_MAX = 500;

export function createContacts({ engine, notices }: Services): ContactsModel {
  const store = createStore<ContactsSnapshot>({
    isLoaded: false,
    people: [],
    shown: [],
    sent: [],
    received: [],
    query: '',
    busy: new Set(),
  });
  let list: PatchedList<ContactItem> = emptyList();
  const show = (query: string): void => {
    const people = list.items.filter(
      (item): item is Contact & ContactItem => item.kind === 'contact',
    );
    store.patch({
      isLoaded: list.isLoaded,
      people,
      shown: people.filter(({ person }) => nameMatches(person.displayName, query)),
      sent: list.items.filter((item): item is Sent & ContactItem => item.kind === 'sent'),
      received: list.items.filter(
        (item): item is Received & ContactItem => item.kind === 'received',
      ),
      query,
    });
  };
  const handle = engine.list('contacts', {}, (patch) => {
    list = applyPatch(list, patch);
    show(store.get().query);
  });
  const answerInvitation = async (
    name: 'invitation.accept' | 'invitation.reject' | 'invitation.withdraw',
    invitationId: string,
    done: Said,
  ): Promise<void> => {
    if (store.get().busy.has(invitationId)) return;
    store.patch({ busy: new Set([...store.get().busy, invitationId]) });
    const answer = await engine.command(name, { invitationId });
    const busy = new Set(store.get().busy);
    busy.delete(invitationId);
    store.patch({ busy });
    if (!answer.ok) notices.actions.fail(answer.failure);
    else notices.actions.show(answer.value.kind === 'done' ? done : say('contacts.gone'));
  };
  return createModel(
    store,
    {
      search: show,
      async invite(email, note) {
        if (!looksLikeEmail(email)) {
          return { kind: 'refused', field: 'email', said: say('invite.email.invalid') };
        }
        const address = email.trim();
        const answer = await engine.command('contact.invite', {
          email: address,
          note: note.trim().slice(0, NOTE_MAX),
        });
        if (!answer.ok) return { kind: 'refused', field: 'form', said: failed(answer.failure) };
        switch (answer.value.kind) {
          case 'invited':
            notices.actions.show(say('invite.sent', { email: address }));
            return { kind: 'done' };
          case 'already-contact':
            return { kind: 'refused', field: 'email', said: say('invite.already') };
          case 'own-address':
            return { kind: 'refused', field: 'email', said: say('invite.own') };
        }
      },
      accept: (item) =>
        answerInvitation(
          'invitation.accept',
          item.invitationId,
          say('contacts.accepted', { name: item.person.displayName }),
        ),
      reject: (item) =>
        answerInvitation('invitation.reject', item.invitationId, say('contacts.rejected')),
      withdraw: (item) =>
        answerInvitation('invitation.withdraw', item.invitationId, say('contacts.withdrawn')),
      async remove({ person }) {
        const answer = await engine.command('contact.remove', { accountId: person.accountId });
        if (!answer.ok) notices.actions.fail(answer.failure);
        else notices.actions.show(say('contacts.removed', { name: person.displayName }));
      },
      async openDirect(accountId) {
        const answer = await engine.command('conversation.openDirect', { accountId });
        if (!answer.ok) {
          notices.actions.fail(answer.failure);
          return undefined;
        }
        if (answer.value.kind === 'opened') return answer.value.conversationId;
        notices.actions.show(say('failure.forbidden'), 'danger');
        return undefined;
      },
    },
    [() => handle.dispose()],
  );
}
