/** People of the simulation: what most journeys begin with. */
import { base64, utf8 } from '@crypho/vault';
import { expect } from 'vitest';
import type { MessageItem, TimelineItem } from '../../src/api.ts';
import { SimBrowser, fastClock, until } from './client.ts';
import type { SimTab } from './client.ts';
import { SimServer } from './server.ts';

export const clock = fastClock(20);

export function world(): SimServer {
  return new SimServer(clock.now);
}

let seed = 1;
export function browser(server: SimServer): SimBrowser {
  return new SimBrowser(server, seed++, clock);
}

export async function ready(tab: SimTab): Promise<void> {
  await until('signed in', () => tab.session.state().kind === 'signed-in');
}

export async function signUp(from: SimBrowser, name: string): Promise<SimTab> {
  const tab = from.start();
  const email = `${name}@example.org`;
  await tab.must('signup.start', { email, language: 'en' });
  const token = base64(utf8(email));
  const opened = await tab.must('signup.open', { token });
  expect(opened.kind).toBe('opened');
  const done = await tab.must('signup.complete', {
    token,
    displayName: name,
    language: 'en',
    passphrase: `${name} likes long walks`,
    totpCode: '000000',
    isSharedComputer: false,
  });
  expect(done.kind).toBe('signed-in');
  await ready(tab);
  return tab;
}

export async function logIn(at: SimBrowser, name: string): Promise<SimTab> {
  const tab = at.start();
  const email = `${name}@example.org`;
  const passphrase = `  ${name}  likes long walks `;
  expect((await tab.must('login.start', { email, passphrase })).kind).toBe('second-factor');
  const done = await tab.must('login.complete', { code: '000000', isSharedComputer: false });
  expect(done.kind).toBe('signed-in');
  await ready(tab);
  return tab;
}

export function befriend(server: SimServer, a: SimTab, b: SimTab): void {
  server.befriend(a.session.account().accountId, b.session.account().accountId);
}

export function texts(items: readonly TimelineItem[]): string[] {
  return items
    .filter((item): item is MessageItem => item.kind === 'message')
    .map((item) => (item.body.kind === 'text' ? item.body.text : `<${item.body.kind}>`));
}

export async function openDirect(from: SimTab, to: SimTab): Promise<string> {
  const { accountId } = to.session.account();
  const opened = await from.must('conversation.openDirect', { accountId });
  if (opened.kind !== 'opened') throw new Error(opened.kind);
  return opened.conversationId;
}
