import { ordinaryWorld } from '@crypho/testkit';
import type { Story } from '../story.ts';

export const stories: readonly Story[] = [
  { name: 'settings', path: '/app/settings', world: ordinaryWorld },
  { name: 'profile', path: '/app/settings/profile', world: ordinaryWorld },
  { name: 'devices', path: '/app/settings/devices', world: ordinaryWorld },
  { name: 'security', path: '/app/settings/security', world: ordinaryWorld },
  { name: 'privacy', path: '/app/settings/privacy', world: ordinaryWorld },
  { name: 'appearance', path: '/app/settings/appearance', world: ordinaryWorld },
  { name: 'about', path: '/app/settings/about', world: ordinaryWorld },
];
