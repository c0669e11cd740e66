import type { VNode } from 'preact';
import { useText } from '../context.ts';
import './Waiting.css';

/** Said at once, shown only when it takes a while. */
export function Waiting({ label }: { label?: string }): VNode {
  const text = useText();
  return (
    <div class="waiting" role="status">
      <span class="waiting-dot" aria-hidden="true" />
      <span class={label === undefined ? 'hidden-text' : ''}>{label ?? text.t('app.loading')}</span>
    </div>
  );
}

/** A whole page that is not there yet. */
export function WaitingPage(): VNode {
  const { t } = useText();
  return (
    <main class="waiting-page" id="main" tabIndex={-1}>
      <h1 class="hidden-text">{t('app.name')}</h1>
      <Waiting />
    </main>
  );
}

/** Lines that hold the place of what is being fetched. */
export function Skeleton({ rows, hasPicture }: { rows: number; hasPicture?: boolean }): VNode {
  const text = useText();
  return (
    <div class="skeleton" role="status" aria-label={text.t('app.loading')}>
      {Array.from({ length: rows }, (_, at) => (
        <div class="skeleton-row" key={at}>
          {hasPicture === true && <span class="skeleton-picture" />}
          <span class="skeleton-lines">
            <span class={`skeleton-line skeleton-line-${at % 3}`} />
            <span class="skeleton-line skeleton-line-3" />
          </span>
        </div>
      ))}
    </div>
  );
}
