import type { Tag } from '@crypho/i18n';
import { formatRoute, parseRoute, type Clock, type Route } from '@crypho/model';
import { startTheme, type Platform, type RouteHistory, type Theme } from '@crypho/ui';

declare const __VERSION__: string;

export const browserClock: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/** Both are needed: a phone hides a page and ends it without another word, a computer closes it. */
export function onLeaving(act: () => void): () => void {
  const whenHidden = (): void => {
    if (document.visibilityState === 'hidden') act();
  };
  document.addEventListener('visibilitychange', whenHidden);
  window.addEventListener('pagehide', act);
  return () => {
    document.removeEventListener('visibilitychange', whenHidden);
    window.removeEventListener('pagehide', act);
  };
}

/** A whole number in [0, max), evenly: what lies beyond a multiple of max is drawn again. */
export function secureRandom(max: number): number {
  const limit = Math.floor(2 ** 32 / max) * max;
  const box = new Uint32Array(1);
  for (;;) {
    crypto.getRandomValues(box);
    const drawn = box[0] ?? limit;
    if (drawn < limit) return drawn % max;
  }
}

export const platform: Platform = {
  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  },
  print: () => window.print(),
  reload: () => location.reload(),
  isMac: /Mac|iPhone|iPad/.test(navigator.userAgent),
  version: __VERSION__,
};

/** Routes in the address bar. A link's token is read once and taken out of it at once. */
export function createHistory(): RouteHistory {
  const listeners = new Set<(route: Route) => void>();
  const read = (): Route => {
    const route = parseRoute(location.pathname, location.hash);
    if (location.hash !== '') history.replaceState(null, '', location.pathname);
    return route;
  };
  let current = read();
  const show = (route: Route): void => {
    current = route;
    for (const listener of listeners) listener(route);
  };
  window.addEventListener('popstate', () => show(read()));
  return {
    current: () => current,
    go(route, isReplacing) {
      const address = formatRoute(route);
      if (isReplacing || address === location.pathname) history.replaceState(null, '', address);
      else history.pushState(null, '', address);
      show(route);
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const LANGUAGE = 'crypho.language';
const THEME = 'crypho.theme';

/** What is kept for the page before log-in: two choices that say nothing about anyone. */
function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage may be refused; the choice then lasts as long as the page.
  }
}

function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function firstLanguage(): Tag {
  const kept = recall(LANGUAGE);
  if (kept === 'nb' || kept === 'en') return kept;
  return navigator.languages.some((each) => /^(nb|no|nn|da|sv)\b/.test(each)) ? 'nb' : 'en';
}

export function setLanguage(tag: Tag): void {
  document.documentElement.lang = tag;
  remember(LANGUAGE, tag);
}

const isTheme = (text: string | undefined): text is Theme =>
  text === 'system' || text === 'light' || text === 'dark' || text === 'high-contrast';

/** Shows the theme that was chosen last; gives what chooses another and keeps it. */
export function rememberedTheme(): (next: Theme) => void {
  const kept = recall(THEME);
  const show = startTheme(isTheme(kept) ? kept : 'system');
  return (next) => {
    remember(THEME, next);
    show(next);
  };
}
