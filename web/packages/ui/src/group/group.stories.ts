import { ordinaryWorld } from '@crypho/testkit';
import type { Story } from '../story.ts';

export const stories: readonly Story[] = [
  {
    name: 'new group',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ press: 'nav.new' }, { press: 'nav.new.group', role: 'menuitem' }],
  },
  {
    name: 'new conversation',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ press: 'nav.new' }, { press: 'nav.new.direct', role: 'menuitem' }],
  },
  {
    name: 'delete group',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [{ press: 'conversation.details' }, { press: 'details.delete' }],
  },
];
