import type { SessionState } from '@crypho/engine/api';
import type { VNode } from 'preact';
import { useSurroundings } from '../context.ts';
import { CheckMark } from '../icons.ts';
import { Button } from '../primitives/Button.tsx';
import { Icon } from '../primitives/Icon.tsx';
import { Mark } from '../primitives/Mark.tsx';
import './Preparing.css';

const STEPS = ['keys', 'device', 'conversations'] as const;

type PreparingState = Extract<SessionState, { kind: 'preparing' }>;

/** Between logging in and the first conversation on a device: what is being done, and how far. */
export function Preparing({ state }: { state: PreparingState }): VNode {
  const { t } = useSurroundings().text;
  const current = STEPS.indexOf(state.step);
  return (
    <main class="preparing" id="main">
      <div class="preparing-inside">
        <Mark size={40} />
        <h1 class="preparing-title">{t('preparing.title')}</h1>
        <ol class="preparing-steps">
          {STEPS.map((step, at) => (
            <li
              key={step}
              class={at < current ? 'is-done' : at === current ? 'is-current' : ''}
              aria-current={at === current ? 'step' : undefined}
            >
              <span>{t(`preparing.${step}`)}</span>
              {at < current && <Icon of={CheckMark} size={16} />}
              {at === current && state.total > 1 && (
                <span class="tabular">
                  {t('preparing.progress', { done: state.done, total: state.total })}
                </span>
              )}
            </li>
          ))}
        </ol>
        <progress
          class="preparing-progress"
          aria-label={t('preparing.title')}
          max={STEPS.length}
          value={current + (state.total > 0 ? state.done / state.total : 0)}
        />
        {state.problem !== undefined && (
          <p class="field-error" role="status">
            {t(`failure.${state.problem}`)}
          </p>
        )}
        <p class="field-hint">{t('preparing.hint')}</p>
      </div>
    </main>
  );
}

/** When this browser cannot be used as it is. */
export function Blocked({ reason }: { reason: 'newer-version' | 'storage' }): VNode {
  const { text, platform } = useSurroundings();
  const { t } = text;
  return (
    <main class="preparing" id="main">
      <div class="preparing-inside">
        <Mark size={40} />
        <h1 class="preparing-title">{t('blocked.title')}</h1>
        <p role="alert">{t(`blocked.${reason}`)}</p>
        <Button kind="primary" onClick={() => platform.reload()}>
          {t('blocked.reload')}
        </Button>
      </div>
    </main>
  );
}
