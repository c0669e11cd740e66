import { emptyWorld, type World } from '@crypho/testkit';
import type { Story } from '../story.ts';

const signedOut = (nowMs: number): World => ({
  ...emptyWorld(nowMs),
  session: { kind: 'signed-out' },
});

export const stories: readonly Story[] = [
  { name: 'landing', path: '/', world: signedOut },
  { name: 'landing at 200 %', path: '/', world: signedOut, zoom: 2 },
  { name: 'login', path: '/login', world: signedOut },
  {
    name: 'login wrong',
    path: '/login',
    world: signedOut,
    steps: [
      { write: 'login.email', text: 'kari@eksempel.no' },
      { write: 'login.passphrase', text: 'feil' },
      { press: 'login.submit' },
    ],
  },
  {
    name: 'login code',
    path: '/login',
    world: signedOut,
    steps: [
      { write: 'login.email', text: 'kari@eksempel.no' },
      { write: 'login.passphrase', text: 'riktig hest batteri stift' },
      { press: 'login.submit' },
    ],
  },
  {
    name: 'login unlinked',
    path: '/login',
    world: (nowMs) => ({
      ...emptyWorld(nowMs),
      session: { kind: 'signed-out', reason: 'unlinked' },
    }),
  },
  { name: 'signup', path: '/signup', world: signedOut },
  {
    name: 'signup sent',
    path: '/signup',
    world: signedOut,
    steps: [{ write: 'signup.email', text: 'ny@eksempel.no' }, { press: 'signup.email.submit' }],
  },
  { name: 'signup expired', path: '/signup#old', world: signedOut },
  { name: 'signup name', path: '/signup#fresh-link', world: signedOut },
  {
    name: 'signup passphrase',
    path: '/signup#fresh-link',
    world: signedOut,
    steps: [{ write: 'signup.name', text: 'Kari Nordmann' }, { press: 'common.continue' }],
  },
  {
    name: 'signup own passphrase',
    path: '/signup#fresh-link',
    world: signedOut,
    steps: [
      { write: 'signup.name', text: 'Kari Nordmann' },
      { press: 'common.continue' },
      { press: 'signup.passphrase.own' },
      { write: 'signup.passphrase.field', text: 'sommer2026' },
      { press: 'common.continue' },
    ],
  },
  {
    name: 'signup totp',
    path: '/signup#fresh-link',
    world: signedOut,
    steps: [
      { write: 'signup.name', text: 'Kari Nordmann' },
      { press: 'common.continue' },
      { key: 'tick' },
      { press: 'common.continue' },
    ],
  },
  {
    name: 'preparing',
    path: '/app',
    world: (nowMs) => ({
      ...emptyWorld(nowMs),
      session: { kind: 'preparing', step: 'conversations', done: 14, total: 38 },
    }),
  },
  {
    name: 'blocked',
    path: '/app',
    world: (nowMs) => ({ ...emptyWorld(nowMs), session: { kind: 'blocked', reason: 'storage' } }),
  },
];
