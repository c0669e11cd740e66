import { largeWorld, ordinaryWorld, troubledWorld, type World } from '@crypho/testkit';
import type { Story } from '../story.ts';

const silent = (nowMs: number): World => {
  const world = ordinaryWorld(nowMs);
  world.conversations.delete('ola');
  return world;
};

const unwritten = (nowMs: number): World => {
  const world = ordinaryWorld(nowMs);
  world.conversations.get('ola')?.items.splice(0);
  return world;
};

const hindered =
  (hindrance: 'joining' | 'turning-keys') =>
  (nowMs: number): World => {
    const world = ordinaryWorld(nowMs);
    const ward = world.conversations.get('ward');
    if (ward !== undefined) ward.details = { ...ward.details, hindrance };
    return world;
  };

const loading = (nowMs: number): World => ({
  ...ordinaryWorld(nowMs),
  unanswered: new Set(['timeline', 'conversation']),
});

export const stories: readonly Story[] = [
  { name: 'group', path: '/app/c/ward', world: ordinaryWorld },
  { name: 'group at 200 %', path: '/app/c/ward', world: ordinaryWorld, zoom: 2 },
  { name: 'direct', path: '/app/c/ola', world: ordinaryWorld },
  { name: 'right to left', path: '/app/c/layla', world: ordinaryWorld },
  { name: 'draft', path: '/app/c/jon', world: ordinaryWorld },
  { name: 'long words', path: '/app/c/long', world: ordinaryWorld },
  { name: 'left', shows: '.conversation-hindrance', path: '/app/c/old', world: ordinaryWorld },
  { name: 'troubled', shows: '.message-failed', path: '/app/c/ward', world: troubledWorld },
  { name: 'missing', shows: '.missing', path: '/app/c/ola', world: silent },
  { name: '100000 messages', path: '/app/c/past', world: (nowMs) => largeWorld(nowMs, 5) },
  {
    name: 'actions',
    shows: '.menu',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [{ hover: 'article:last-of-type' }, { press: 'message.actions', nth: -1 }],
    touch: [{ hold: '.bubble' }],
  },
  {
    name: 'reply',
    shows: '.composer-context',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [{ hover: 'article' }, { press: 'message.reply', nth: -2 }],
    touch: [{ hold: '.bubble' }, { press: 'message.reply', role: 'menuitem' }],
  },
  {
    name: 'details with new keys',
    shows: '.member-warning',
    path: '/app/c/ward',
    world: troubledWorld,
    steps: [{ press: 'conversation.details' }],
  },
  {
    name: 'edit',
    shows: '.composer-context',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [
      { hover: 'article:last-of-type' },
      { press: 'message.actions', nth: -1 },
      { press: 'message.edit', role: 'menuitem' },
    ],
    touch: [{ hold: '.bubble' }, { press: 'message.edit', role: 'menuitem' }],
  },
  {
    name: 'delete',
    shows: 'dialog[open]',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [
      { hover: 'article:last-of-type' },
      { press: 'message.actions', nth: -1 },
      { press: 'message.delete', role: 'menuitem' },
    ],
    touch: [{ hold: '.bubble' }, { press: 'message.delete', role: 'menuitem' }],
  },
  {
    name: 'react',
    shows: '.popover .reaction-choice',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [{ hover: 'article:last-of-type' }, { press: 'message.react', nth: -1 }],
    touch: [{ hold: '.bubble' }],
  },
  {
    name: 'mention',
    shows: '.mentions',
    path: '/app/c/ward',
    world: ordinaryWorld,
    steps: [{ write: 'composer.label', text: 'Kan du se på det, ' }, { key: '@' }],
  },
  {
    name: 'too long',
    shows: '.field-error',
    path: '/app/c/ola',
    world: ordinaryWorld,
    steps: [{ write: 'composer.label', text: 'Dette er en svært lang melding. '.repeat(640) }],
  },
  { name: 'without messages', path: '/app/c/ola', world: unwritten },
  { name: 'joining', path: '/app/c/ward', world: hindered('joining') },
  { name: 'turning keys', path: '/app/c/ward', world: hindered('turning-keys') },
  { name: 'loading', path: '/app/c/ward', world: loading },
];
