/**
 * What becomes of a command whose engine went before it answered. Every command carries a nonce that its page
 * made; whoever owns the engine next is asked again under the same one, and does the rest or nothing.
 */
import type { CommandName } from './api.ts';

/** How many engines are asked at most: a command that kills its engine must not kill them all. */
export const ASKED_MAX = 3;

/**
 * `again`: doing it twice is the same as doing it once, by its own meaning or by the nonce.
 * `interrupted`: it may have been done, and asking again would answer something else; the person looks.
 */
const AFTERWARDS: Readonly<Record<CommandName, 'again' | 'interrupted'>> = {
  // At worst another mail.
  'signup.start': 'again',
  'signup.open': 'again',
  // The link is used up by the first time.
  'signup.complete': 'interrupted',
  'login.start': 'again',
  // The ticket of `login.start` went with the engine, the code is used up.
  'login.complete': 'interrupted',
  'session.logOut': 'again',
  'email.confirm': 'interrupted',
  'profile.change': 'again',
  // The second time, the current passphrase is another.
  'passphrase.change': 'interrupted',
  'email.change': 'again',
  // Must go on to the new account key, which the unlinked device does not get.
  'device.unlink': 'again',
  'settings.change': 'again',
  // The server answers a second invitation like the first, and mails once.
  'contact.invite': 'again',
  // The second time it is gone, whether accepted or withdrawn.
  'invitation.accept': 'interrupted',
  'invitation.reject': 'again',
  'invitation.withdraw': 'again',
  'contact.remove': 'again',
  'conversation.openDirect': 'again',
  // The conversation's id is the nonce.
  'group.create': 'again',
  'group.add': 'again',
  'group.remove': 'again',
  'group.settings': 'again',
  'group.setRole': 'again',
  'group.leave': 'again',
  'group.delete': 'again',
  // The message's id is the nonce: the outbox and the server know it again.
  'message.send': 'again',
  'message.edit': 'again',
  'message.delete': 'again',
  'message.react': 'again',
  'message.retry': 'again',
  'message.discard': 'again',
  'conversation.markRead': 'again',
  'conversation.typing': 'again',
  'conversation.draft': 'again',
};

export function isRepeatable(name: CommandName): boolean {
  return AFTERWARDS[name] === 'again';
}
