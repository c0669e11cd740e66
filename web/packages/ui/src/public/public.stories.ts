import { emptyWorld, type World } from '@crypho/testkit';
import type { Step, Story } from '../story.ts';

const signedOut = (nowMs: number): World => ({
  ...emptyWorld(nowMs),
  session: { kind: 'signed-out' },
});

type Reason = 'logged-out' | 'unlinked' | 'expired';

const signedOutFor =
  (reason: Reason) =>
  (nowMs: number): World => ({ ...emptyWorld(nowMs), session: { kind: 'signed-out', reason } });

const waitingFor =
  (name: string) =>
  (nowMs: number): World => ({ ...signedOut(nowMs), unanswered: new Set([name]) });

const credentials: readonly Step[] = [
  { write: 'login.email', text: 'kari@eksempel.no' },
  { write: 'login.passphrase', text: 'riktig hest batteri stift' },
  { press: 'login.submit' },
];
const named: readonly Step[] = [
  { write: 'signup.name', text: 'Kari Nordmann' },
  { press: 'common.continue' },
];
const withPassphrase: readonly Step[] = [...named, { key: 'tick' }, { press: 'common.continue' }];

export const stories: readonly Story[] = [
  { name: 'landing', path: '/', world: signedOut },
  { name: 'landing at 200 %', path: '/', world: signedOut, zoom: 2 },
  { name: 'login', path: '/login', world: signedOut },
  {
    name: 'login wrong',
    shows: '.form-error',
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
    shows: '.field-code',
    path: '/login',
    world: signedOut,
    steps: credentials,
  },
  {
    name: 'login code wrong',
    shows: '.field-error',
    path: '/login',
    world: signedOut,
    steps: [...credentials, { write: 'login.code', text: '000 000' }, { press: 'login.finish' }],
  },
  {
    name: 'login working',
    shows: '[aria-busy=true]',
    path: '/login',
    world: waitingFor('login.start'),
    steps: credentials,
  },
  { name: 'login unlinked', path: '/login', world: signedOutFor('unlinked') },
  { name: 'login expired', path: '/login', world: signedOutFor('expired') },
  { name: 'login logged out', path: '/login', world: signedOutFor('logged-out') },
  { name: 'signup', path: '/signup', world: signedOut },
  {
    name: 'signup sent',
    shows: '.question-actions',
    path: '/signup',
    world: signedOut,
    steps: [{ write: 'signup.email', text: 'ny@eksempel.no' }, { press: 'signup.email.submit' }],
  },
  {
    name: 'signup wrong',
    shows: '.field-error',
    path: '/signup',
    world: signedOut,
    steps: [{ write: 'signup.email', text: 'kari' }, { press: 'signup.email.submit' }],
  },
  { name: 'signup opening', path: '/signup#fresh-link', world: waitingFor('signup.open') },
  {
    name: 'signup unreachable',
    shows: '.failed',
    path: '/signup',
    world: signedOut,
    unreachable: 'SignupRoute',
  },
  { name: 'signup expired', shows: '.question-lead', path: '/signup#old', world: signedOut },
  { name: 'signup name', path: '/signup#fresh-link', world: signedOut },
  {
    name: 'signup passphrase',
    shows: '.suggested-words',
    path: '/signup#fresh-link',
    world: signedOut,
    steps: named,
  },
  {
    name: 'signup own passphrase',
    shows: '.strength',
    path: '/signup#fresh-link',
    world: signedOut,
    steps: [
      ...named,
      { press: 'signup.passphrase.own' },
      { write: 'signup.passphrase.field', text: 'sommer2026' },
      { press: 'common.continue' },
    ],
  },
  {
    name: 'signup totp',
    shows: '.scan-qr',
    path: '/signup#fresh-link',
    world: signedOut,
    steps: withPassphrase,
  },
  {
    name: 'signup totp wrong',
    shows: '.field-error',
    path: '/signup#fresh-link',
    world: signedOut,
    steps: [
      ...withPassphrase,
      { write: 'login.code', text: '000000' },
      { press: 'signup.totp.submit' },
    ],
  },
  {
    name: 'signup totp working',
    shows: '[aria-busy=true]',
    path: '/signup#fresh-link',
    world: waitingFor('signup.complete'),
    steps: [
      ...withPassphrase,
      { write: 'login.code', text: '123456' },
      { press: 'signup.totp.submit' },
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
  {
    name: 'blocked by a newer version',
    path: '/app',
    world: (nowMs) => ({
      ...emptyWorld(nowMs),
      session: { kind: 'blocked', reason: 'newer-version' },
    }),
  },
  { name: 'email confirmed', path: '/confirm-email#fresh-link', world: signedOut },
  {
    name: 'email not confirmed',
    shows: '.form-error',
    path: '/confirm-email#old',
    world: signedOut,
  },
  { name: 'starting', shows: '.waiting-page', path: '/app', world: waitingFor('session') },
];
