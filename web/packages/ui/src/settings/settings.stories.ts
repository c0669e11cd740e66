import { emptyWorld, ordinaryWorld, troubledWorld } from '@crypho/testkit';
import type { Story } from '../story.ts';

export const stories: readonly Story[] = [
  { name: 'settings', path: '/app/settings', world: ordinaryWorld },
  { name: 'profile', path: '/app/settings/profile', world: ordinaryWorld },
  {
    name: 'profile nameless',
    shows: '.field-error',
    path: '/app/settings/profile',
    world: ordinaryWorld,
    steps: [{ write: 'profile.name', text: ' ' }, { press: 'common.save' }],
  },
  { name: 'devices', path: '/app/settings/devices', world: ordinaryWorld },
  { name: 'devices only one', path: '/app/settings/devices', world: emptyWorld },
  {
    name: 'unlink',
    shows: 'dialog[open]',
    path: '/app/settings/devices',
    world: ordinaryWorld,
    steps: [{ press: 'devices.unlink.who', with: { name: 'Safari på iPhone' } }],
  },
  { name: 'security', path: '/app/settings/security', world: ordinaryWorld },
  {
    name: 'security wrong',
    shows: '.field-error',
    path: '/app/settings/security',
    world: ordinaryWorld,
    steps: [
      { write: 'security.passphrase.current', text: 'feil' },
      { press: 'security.passphrase.suggest' },
      { press: 'security.passphrase.submit' },
    ],
  },
  {
    name: 'log out',
    shows: 'dialog .form-error',
    path: '/app/settings/security',
    world: troubledWorld,
    steps: [{ press: 'security.logout' }],
  },
  { name: 'privacy', path: '/app/settings/privacy', world: ordinaryWorld },
  { name: 'appearance', path: '/app/settings/appearance', world: ordinaryWorld },
  { name: 'about', path: '/app/settings/about', world: ordinaryWorld },
  {
    name: 'unreachable',
    shows: '.failed',
    path: '/app/settings',
    world: ordinaryWorld,
    unreachable: 'SettingsView',
  },
];
