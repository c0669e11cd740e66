/** Every command of the protocol and who carries it out. */
import { ContactService } from '@crypho/wire';
import type { InvitationResponse } from '@crypho/wire';
import { makeAccountCommands } from './account-commands.ts';
import type { CommandName, Commands } from './api.ts';
import type { Members } from './members.ts';
import type { Platform } from './platform.ts';
import type { Session } from './session.ts';
import { parseMessageKey } from './state.ts';
import { EngineFailure } from './failure.ts';

/** `nonce`: 32 hex digits that stay the same when a command is asked for again. */
export type Handlers = {
  readonly [N in CommandName]: (
    input: Commands[N]['in'],
    nonce: string,
  ) => Promise<Commands[N]['out']>;
};

function clientIdOf(key: string): string {
  const parsed = parseMessageKey(key);
  if (parsed === undefined) throw new EngineFailure({ code: 'invalid', field: 'key' });
  return parsed.clientId;
}

export function makeHandlers(platform: Platform, session: Session): Handlers {
  const account = makeAccountCommands(platform, session);
  const runtime = session.runtime;

  /** An engine that has just taken over, or come up, is asked before its groups are open. */
  async function members(): Promise<Members> {
    await runtime().openMls();
    return runtime().members;
  }

  async function invitation(
    call: () => Promise<InvitationResponse>,
  ): Promise<{ kind: 'done' } | { kind: 'gone' }> {
    const { outcome } = await call();
    await runtime().lists.refreshContacts();
    return outcome.case === 'done' ? { kind: 'done' } : { kind: 'gone' };
  }

  return {
    'signup.start': session.startSignUp,
    'signup.open': session.openSignUp,
    'signup.complete': session.completeSignUp,
    'login.start': session.startLogIn,
    'login.complete': session.completeLogIn,
    'session.logOut': session.logOut,
    'email.confirm': session.confirmEmail,
    'profile.change': account.changeProfile,
    'passphrase.change': account.changePassphrase,
    'email.change': account.changeEmail,
    'device.unlink': account.unlink,
    'settings.change': account.changeSettings,
    'contact.invite': async ({ email, note }) => {
      runtime();
      const { outcome } = await session.rpc.call(ContactService.method.invite, {
        email: email.trim(),
        note,
      });
      await runtime().lists.refreshContacts();
      if (outcome.case === 'alreadyContact') return { kind: 'already-contact' };
      return { kind: outcome.case === 'ownAddress' ? 'own-address' : 'invited' };
    },
    'invitation.accept': (input) =>
      invitation(() => session.rpc.call(ContactService.method.acceptInvitation, input)),
    'invitation.reject': (input) =>
      invitation(() => session.rpc.call(ContactService.method.rejectInvitation, input)),
    'invitation.withdraw': (input) =>
      invitation(() => session.rpc.call(ContactService.method.withdrawInvitation, input)),
    'contact.remove': async ({ accountId }) => {
      await session.rpc.call(ContactService.method.removeContact, { accountId });
      await runtime().lists.refreshContacts();
      await runtime().context.sync.refreshAll();
      return { kind: 'removed' };
    },
    'conversation.openDirect': async ({ accountId }) => (await members()).openDirect(accountId),
    'group.create': async (input, nonce) => (await members()).create(input, nonce),
    'group.add': async ({ conversationId, members: added }) =>
      (await members()).add(conversationId, added),
    'group.remove': async ({ conversationId, accountId }) =>
      (await members()).remove(conversationId, accountId),
    'group.settings': async ({ conversationId, ...change }, nonce) => {
      await (await members()).settings(conversationId, change, nonce);
      return { kind: 'done' };
    },
    'group.setRole': async ({ conversationId, accountId, role }) =>
      (await members()).setRole(conversationId, accountId, role),
    'group.leave': async ({ conversationId }) => (await members()).leave(conversationId),
    'group.delete': async ({ conversationId }) => {
      await (await members()).delete(conversationId);
      return { kind: 'deleted' };
    },
    'message.send': async ({ conversationId, text, ...more }, nonce) => {
      const options = { ...more, clientId: nonce };
      return { kind: 'queued', key: await runtime().messages.send(conversationId, text, options) };
    },
    'message.edit': async ({ conversationId, target, text }, nonce) => ({
      kind: await runtime().messages.edit(conversationId, target, text, nonce),
    }),
    'message.delete': async ({ conversationId, target }, nonce) => ({
      kind: await runtime().messages.delete(conversationId, target, nonce),
    }),
    'message.react': async ({ conversationId, target, emoji, isRemoved }, nonce) => {
      const reaction = { target, emoji, isRemoved };
      await runtime().messages.react(conversationId, reaction, nonce);
      return { kind: 'queued' };
    },
    'message.retry': async ({ conversationId, key }) => {
      await runtime().context.outbox.retry(conversationId, clientIdOf(key));
      return { kind: 'queued' };
    },
    'message.discard': async ({ conversationId, key }) => {
      await runtime().context.outbox.discard(conversationId, clientIdOf(key));
      return { kind: 'discarded' };
    },
    'conversation.markRead': async ({ conversationId, upToSeq }) => {
      await runtime().readMarks.mark(conversationId, upToSeq);
      return { kind: 'marked' };
    },
    'conversation.typing': async ({ conversationId, isTyping }) => {
      const { sendsTyping } = await runtime().lists.settings();
      if (sendsTyping) await runtime().typists.say(conversationId, isTyping);
      return { kind: 'sent' };
    },
    'conversation.draft': async ({ conversationId, draft }) => {
      await runtime().messages.draft(conversationId, draft);
      return { kind: 'kept' };
    },
  };
}
