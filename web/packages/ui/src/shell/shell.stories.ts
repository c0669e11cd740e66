import { emptyWorld, largeWorld, ordinaryWorld, troubledWorld } from '@crypho/testkit';
import type { Story } from '../story.ts';

export const stories: readonly Story[] = [
  { name: 'first run', path: '/app', world: emptyWorld },
  { name: 'list', path: '/app', world: ordinaryWorld },
  {
    name: 'list 500',
    path: '/app',
    world: (nowMs) => largeWorld(nowMs, 500, 100),
  },
  {
    name: 'list search none',
    shows: '.list-empty',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ write: 'list.search', text: 'finnes ikke' }],
  },
  {
    name: 'list loading',
    shows: '.skeleton',
    path: '/app',
    world: (nowMs) => ({ ...ordinaryWorld(nowMs), unanswered: new Set(['conversations']) }),
  },
  {
    name: 'list search',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ write: 'list.search', text: 'ola' }],
  },
  { name: 'offline', shows: '.connection-line', path: '/app', world: troubledWorld },
  {
    name: 'new menu',
    shows: '.menu',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ press: 'nav.new' }],
  },
  {
    name: 'palette',
    shows: '.palette-entry',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ key: 'Control+k' }],
  },
  {
    name: 'palette search',
    shows: '.palette-entry',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ key: 'Control+k' }, { write: 'palette.search', text: 'ola' }],
  },
  {
    name: 'palette none',
    shows: '.palette-none',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ key: 'Control+k' }, { write: 'palette.search', text: 'finnes ikke' }],
  },
  {
    name: 'shortcuts',
    shows: 'dialog[open]',
    path: '/app',
    world: ordinaryWorld,
    steps: [{ key: '?' }],
  },
  { name: 'unknown page', path: '/nowhere', world: ordinaryWorld },
];
