// The gallery: every story of every view, over a simulated engine. ?story=&lang= shows one.
import { en } from '@crypho/i18n/en';
import { nb } from '@crypho/i18n/nb';
import { createNotices, parseRoute, formatRoute, type Route } from '@crypho/model';
import { createRandom, createSimulatedEngine } from '@crypho/testkit';
import { render } from 'preact';
import { Root, startTheme } from '../src/index.ts';
import type { Story } from '../src/story.ts';

const NOW = Date.UTC(2026, 10, 23, 9, 41);
const found = import.meta.glob<{ stories: readonly Story[] }>('../src/**/*.stories.ts', {
  eager: true,
});
const stories = Object.entries(found).flatMap(([file, module]) =>
  module.stories.map((story) => ({ ...story, id: `${folder(file)}/${story.name}` })),
);

function folder(file: string): string {
  return /src\/([^/]+)\//.exec(file)?.[1] ?? '';
}

const query = new URLSearchParams(location.search);
const story = stories.find((each) => each.id === query.get('story'));
const language = query.get('lang') === 'en' ? 'en' : 'nb';

if (story === undefined) index();
else show(story);

function index(): void {
  const host = document.getElementById('app');
  if (host === null) return;
  render(
    <main id="main">
      <ul
        id="stories"
        data-texts={JSON.stringify({ nb, en })}
        data-stories={JSON.stringify(
          stories.map(({ id, steps, touch, zoom, shows, unreachable }) => ({
            id,
            steps,
            touch,
            zoom,
            shows,
            unreachable,
          })),
        )}
      >
        {stories.map(({ id }) => (
          <li key={id}>
            <a href={`?story=${encodeURIComponent(id)}`}>{id}</a>
          </li>
        ))}
      </ul>
    </main>,
    host,
  );
}

function show(shown: Story): void {
  startTheme('system');
  document.documentElement.lang = language;
  const clock = {
    now: () => NOW,
    after(ms: number, act: () => void) {
      const timer = setTimeout(act, ms);
      return () => clearTimeout(timer);
    },
  };
  const world = shown.world(NOW);
  world.profile = { ...world.profile, language };
  const [path = '/', fragment = ''] = shown.path.split('#');
  let current = parseRoute(path, fragment);
  const listeners = new Set<(route: Route) => void>();
  const host = document.getElementById('app');
  if (host === null) return;
  render(
    <Root
      services={{
        engine: createSimulatedEngine(world, clock.now),
        clock,
        notices: createNotices(clock),
        random: createRandom(7),
      }}
      platform={{
        copy: () => Promise.resolve(true),
        print: () => undefined,
        reload: () => undefined,
        isMac: false,
        version: '0.1.0',
      }}
      history={{
        current: () => current,
        go(route) {
          current = route;
          document.documentElement.dataset['path'] = formatRoute(route);
          for (const listener of listeners) listener(route);
        },
        listen(listener) {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      }}
      language={language}
      firstCatalogue={language === 'nb' ? nb : en}
      loadCatalogue={(tag) => Promise.resolve(tag === 'nb' ? nb : en)}
      timeZone="Europe/Oslo"
      onLanguage={() => undefined}
      onTheme={() => undefined}
      onTitle={(title) => {
        document.title = title;
      }}
    />,
    host,
  );
}
