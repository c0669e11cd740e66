import { largeWorld, ordinaryWorld, troubledWorld, type World } from '@crypho/testkit';
import type { Story } from '../story.ts';

const silent = (nowMs: number): World => {
  const world = ordinaryWorld(nowMs);
  world.conversations.delete('ola');
  return world;
};

export const stories: readonly Story[] = [
  { name: 'group', path: '/app/c/ward', world: ordinaryWorld },
  { name: 'group at 200 %', path: '/app/c/ward', world: ordinaryWorld, zoom: 2 },
  { name: 'direct', path: '/app/c/ola', world: ordinaryWorld },
  { name: 'right to left', path: '/app/c/layla', world: ordinaryWorld },
  { name: 'draft', path: '/app/c/jon', world: ordinaryWorld },
  { name: 'long words', path: '/app/c/long', world: ordinaryWorld },
  { name: 'left', path: '/app/c/old', world: ordinaryWorld },
  { name: 'troubled', path: '/app/c/ward', world: troubledWorld },
  { name: 'missing', path: '/app/c/ola', world: silent },
  { name: '100000 messages', path: '/app/c/past', world: (nowMs) => largeWorld(nowMs, 5) },
  {
    name: 'actions',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [{ hover: 'article:last-of-type' }, { press: 'message.actions', nth: -1 }],
    touch: [{ hold: '.bubble' }],
  },
  {
    name: 'reply',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [{ hover: 'article' }, { press: 'message.reply', nth: -2 }],
    touch: [{ hold: '.bubble' }, { press: 'message.reply', role: 'menuitem' }],
  },
  {
    name: 'details',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [{ press: 'conversation.details' }],
  },
  {
    name: 'details with new keys',
    path: '/app/c/ward',
    world: troubledWorld,
    steps: [{ press: 'conversation.details' }],
  },
];
