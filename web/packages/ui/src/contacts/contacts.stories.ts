import { emptyWorld, ordinaryWorld, type World } from '@crypho/testkit';
import type { Story } from '../story.ts';

const loading = (nowMs: number): World => ({ ...ordinaryWorld(nowMs), contacts: [] });

export const stories: readonly Story[] = [
  { name: 'contacts', path: '/app/contacts', world: ordinaryWorld },
  { name: 'contacts empty', path: '/app/contacts', world: loading },
  {
    name: 'invite',
    path: '/app/contacts',
    world: emptyWorld,
    steps: [
      { press: 'contacts.invite', nth: 0 },
      { write: 'invite.email', text: 'kari@eksempel.no' },
      { press: 'invite.submit' },
    ],
  },
];
