/** What pages send is checked before use: each command's fields and their types. */
import type { CommandName } from './api.ts';

type Kind = 'text' | 'number' | 'boolean' | 'texts' | 'draft' | 'language' | 'role';
type Field = Kind | `${Kind}?`;

const TEXT_MAX = 200_000;
const NONCE = /^[0-9a-f]{32}$/;

const COMMANDS: Readonly<Record<CommandName, Readonly<Record<string, Field>>>> = {
  'signup.start': { email: 'text', language: 'language' },
  'signup.open': { token: 'text' },
  'signup.complete': {
    token: 'text',
    displayName: 'text',
    language: 'language',
    passphrase: 'text',
    totpCode: 'text',
    isSharedComputer: 'boolean',
  },
  'login.start': { email: 'text', passphrase: 'text' },
  'login.complete': { code: 'text', isSharedComputer: 'boolean' },
  'session.logOut': {},
  'email.confirm': { token: 'text' },
  'profile.change': { displayName: 'text?', language: 'language?' },
  'passphrase.change': { current: 'text', next: 'text' },
  'email.change': { passphrase: 'text', newEmail: 'text' },
  'device.unlink': { deviceId: 'text' },
  'settings.change': { theme: 'text?', sendsReadMarks: 'boolean?', sendsTyping: 'boolean?' },
  'contact.invite': { email: 'text', note: 'text' },
  'invitation.accept': { invitationId: 'text' },
  'invitation.reject': { invitationId: 'text' },
  'invitation.withdraw': { invitationId: 'text' },
  'contact.remove': { accountId: 'text' },
  'conversation.openDirect': { accountId: 'text' },
  'group.create': { name: 'text', members: 'texts', sharesHistory: 'boolean' },
  'group.add': { conversationId: 'text', members: 'texts' },
  'group.remove': { conversationId: 'text', accountId: 'text' },
  'group.settings': { conversationId: 'text', name: 'text?', sharesHistory: 'boolean?' },
  'group.setRole': { conversationId: 'text', accountId: 'text', role: 'role' },
  'group.leave': { conversationId: 'text' },
  'group.delete': { conversationId: 'text' },
  'message.send': { conversationId: 'text', text: 'text', replyTo: 'text?', mentions: 'texts?' },
  'message.edit': { conversationId: 'text', target: 'text', text: 'text' },
  'message.delete': { conversationId: 'text', target: 'text' },
  'message.react': {
    conversationId: 'text',
    target: 'text',
    emoji: 'text',
    isRemoved: 'boolean',
  },
  'message.retry': { conversationId: 'text', key: 'text' },
  'message.discard': { conversationId: 'text', key: 'text' },
  'conversation.markRead': { conversationId: 'text', upToSeq: 'number' },
  'conversation.typing': { conversationId: 'text', isTyping: 'boolean' },
  'conversation.draft': { conversationId: 'text', draft: 'draft' },
};

export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

/** Whether each field is there, where it must be, and of its type. */
export function checkArgs(name: CommandName, args: unknown): boolean {
  if (typeof args !== 'object' || args === null) return false;
  return Object.entries(COMMANDS[name]).every(([field, kind]) => {
    const value: unknown = Reflect.get(args, field);
    if (value === undefined) return kind.endsWith('?');
    return isKind(value, kind.replace('?', ''));
  });
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= TEXT_MAX;
}

function isKind(value: unknown, kind: string): boolean {
  switch (kind) {
    case 'text':
      return isText(value);
    case 'number':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
    case 'boolean':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.length <= 1000 && value.every(isText);
    case 'language':
      return value === 'nb' || value === 'en';
    case 'role':
      return value === 'member' || value === 'admin' || value === 'owner';
    case 'draft':
      return (
        value === null || (typeof value === 'object' && isText(Reflect.get(Object(value), 'text')))
      );
    default:
      return false;
  }
}

/** A page's message as far as its form goes. */
export function isPageMessage(value: unknown): value is import('./api.ts').PageMessage {
  if (typeof value !== 'object' || value === null) return false;
  const type: unknown = Reflect.get(value, 'type');
  if (type === 'hello') return true;
  const id: unknown = Reflect.get(value, 'id');
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return false;
  switch (type) {
    case 'command':
      return (
        typeof Reflect.get(value, 'name') === 'string' &&
        NONCE.test(String(Reflect.get(value, 'nonce')))
      );
    case 'subscribe':
      return typeof Reflect.get(value, 'query') === 'string';
    case 'unsubscribe':
      return true;
    case 'timeline.extend':
      return (
        typeof Reflect.get(value, 'count') === 'number' &&
        typeof Reflect.get(value, 'direction') === 'string'
      );
    default:
      return false;
  }
}
