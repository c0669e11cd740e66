import type { ConversationId } from '@crypho/engine/api';

export const SETTINGS_SECTIONS = [
  'profile',
  'devices',
  'security',
  'privacy',
  'appearance',
  'about',
] as const;
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number];

/** Where in Crypho one is. Tokens of links are in the fragment, which no server sees. */
export type Route =
  | { kind: 'landing' }
  | { kind: 'login' }
  | { kind: 'signup'; token?: string }
  | { kind: 'confirm-email'; token?: string }
  | { kind: 'conversations' }
  | { kind: 'conversation'; conversationId: ConversationId }
  | { kind: 'contacts' }
  | { kind: 'settings'; section?: SettingsSection }
  | { kind: 'unknown' };

export const isPublic = (route: Route): boolean =>
  route.kind === 'landing' ||
  route.kind === 'login' ||
  route.kind === 'signup' ||
  route.kind === 'confirm-email';

const PLAIN: Readonly<Record<string, Route>> = {
  '/': { kind: 'landing' },
  '/login': { kind: 'login' },
  '/app': { kind: 'conversations' },
  '/app/contacts': { kind: 'contacts' },
  '/app/settings': { kind: 'settings' },
};

export function parseRoute(path: string, fragment = ''): Route {
  const plainPath = path.length > 1 ? path.replace(/\/+$/, '') : path;
  const plain = PLAIN[plainPath];
  if (plain !== undefined) return plain;
  const token = fragment.replace(/^#/, '');
  const withToken = token === '' ? {} : { token };
  if (plainPath === '/signup') return { kind: 'signup', ...withToken };
  if (plainPath === '/confirm-email') return { kind: 'confirm-email', ...withToken };
  const conversation = /^\/app\/c\/([\w-]{1,64})$/.exec(plainPath)?.[1];
  if (conversation !== undefined) return { kind: 'conversation', conversationId: conversation };
  const name = /^\/app\/settings\/(\w+)$/.exec(plainPath)?.[1];
  const section = SETTINGS_SECTIONS.find((each) => each === name);
  return section === undefined ? { kind: 'unknown' } : { kind: 'settings', section };
}

/** The address of a route, without its token. */
export function formatRoute(route: Route): string {
  switch (route.kind) {
    case 'landing':
    case 'unknown':
      return '/';
    case 'login':
      return '/login';
    case 'signup':
      return '/signup';
    case 'confirm-email':
      return '/confirm-email';
    case 'conversations':
      return '/app';
    case 'conversation':
      return `/app/c/${route.conversationId}`;
    case 'contacts':
      return '/app/contacts';
    case 'settings':
      return route.section === undefined ? '/app/settings' : `/app/settings/${route.section}`;
  }
}
