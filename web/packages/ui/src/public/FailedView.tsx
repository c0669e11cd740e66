import type { VNode } from 'preact';
import { useText } from '../context.ts';
import { Button } from '../primitives/Button.tsx';
import { Link } from '../primitives/Link.tsx';
import './FailedView.css';

/** When a part of the program could not be fetched, or broke. */
export function FailedView({ onRetry }: { onRetry: () => void }): VNode {
  const { t } = useText();
  return (
    <main class="failed" id="main" tabIndex={-1}>
      <h1 class="failed-title">{t('error.title')}</h1>
      <p role="alert">{t('failure.internal')}</p>
      <Button onClick={onRetry}>{t('common.retry')}</Button>
    </main>
  );
}

export function UnknownPage(): VNode {
  const { t } = useText();
  return (
    <main class="failed" id="main">
      <h1 class="failed-title">{t('error.unknown-page.title')}</h1>
      <p>{t('error.unknown-page.text')}</p>
      <Link to={{ kind: 'landing' }} class="button button-plain">
        {t('error.unknown-page.action')}
      </Link>
    </main>
  );
}
