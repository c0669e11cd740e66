import { pseudo, type Catalogue, type Tag } from '@crypho/i18n';
import { createNotices, type Services } from '@crypho/model';
import { Root } from '@crypho/ui';
import { render } from 'preact';
import {
  browserClock,
  createHistory,
  firstLanguage,
  onLeaving,
  platform,
  rememberedTheme,
  secureRandom,
  setLanguage,
} from './browser.ts';
import { startEngine } from './engine.ts';

/** The composition root: the browser, the engine in its worker, and the interface. */
async function start(): Promise<void> {
  const setTheme = rememberedTheme();
  const history = createHistory();
  const services: Services = {
    engine: startEngine(),
    clock: browserClock,
    notices: createNotices(browserClock),
    random: secureRandom,
    onLeaving,
  };
  const language = firstLanguage();
  setLanguage(language);
  const firstCatalogue = await loadCatalogue(language);
  const host = document.getElementById('app');
  if (host === null) throw new Error('No place for the app');
  const isPseudo = import.meta.env.DEV && new URLSearchParams(location.search).has('pseudo');
  render(
    <Root
      services={services}
      platform={platform}
      history={history}
      language={language}
      firstCatalogue={firstCatalogue}
      loadCatalogue={loadCatalogue}
      {...(isPseudo ? { decorate: pseudo } : {})}
      onLanguage={setLanguage}
      onTheme={setTheme}
      onTitle={(title) => {
        document.title = title;
      }}
    />,
    host,
  );
}

async function loadCatalogue(tag: Tag): Promise<Catalogue> {
  return tag === 'nb' ? (await import('@crypho/i18n/nb')).nb : (await import('@crypho/i18n/en')).en;
}

void start();
