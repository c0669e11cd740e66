import { emptyWorld, largeWorld, ordinaryWorld, type World } from '@crypho/testkit';
import type { Story } from '../story.ts';

const invited = (nowMs: number): World => {
  const world = ordinaryWorld(nowMs);
  world.contacts = world.contacts.filter((item) => item.kind === 'sent');
  return world;
};

export const stories: readonly Story[] = [
  { name: 'contacts', path: '/app/contacts', world: ordinaryWorld },
  { name: 'contacts empty', shows: '.contacts-empty', path: '/app/contacts', world: emptyWorld },
  { name: 'contacts invited', path: '/app/contacts', world: invited },
  { name: 'contacts many', path: '/app/contacts', world: (nowMs) => largeWorld(nowMs, 60, 1) },
  {
    name: 'contacts accepted',
    shows: '.notice',
    path: '/app/contacts',
    world: ordinaryWorld,
    steps: [{ press: 'contacts.accept.who', with: { name: 'Sigrid Aas' } }],
  },
  {
    name: 'contacts loading',
    shows: '.skeleton',
    path: '/app/contacts',
    world: (nowMs) => ({ ...ordinaryWorld(nowMs), unanswered: new Set(['contacts']) }),
  },
  {
    name: 'remove contact',
    shows: 'dialog[open]',
    path: '/app/contacts',
    world: ordinaryWorld,
    steps: [
      { press: 'contacts.more', with: { name: 'Ola Hansen' } },
      { press: 'contacts.remove', role: 'menuitem' },
    ],
  },
  {
    name: 'invite',
    shows: 'dialog[open]',
    path: '/app/contacts',
    world: emptyWorld,
    steps: [
      { press: 'contacts.invite', nth: 0 },
      { write: 'invite.email', text: 'ola@eksempel.no' },
    ],
  },
  {
    name: 'invite oneself',
    shows: '.field-error',
    path: '/app/contacts',
    world: emptyWorld,
    steps: [
      { press: 'contacts.invite', nth: 0 },
      { write: 'invite.email', text: 'kari@eksempel.no' },
      { press: 'invite.submit' },
    ],
  },
];
