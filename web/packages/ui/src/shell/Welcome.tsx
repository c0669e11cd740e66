import { firstNameOf } from '@crypho/model';
import type { VNode } from 'preact';
import { useModel, useSurroundings } from '../context.ts';
import { UserPlus } from '../icons.ts';
import { Button } from '../primitives/Button.tsx';
import { Mark } from '../primitives/Mark.tsx';
import { useShell } from './context.ts';
import './Welcome.css';

/** When no conversation is open: how to begin, or that one may choose. */
export function Welcome(): VNode {
  const { text, platform } = useSurroundings();
  const { session, conversations, open } = useShell();
  const { profile } = useModel(session);
  const { all, isLoaded } = useModel(conversations);
  const { t } = text;
  const isFirst = isLoaded && all.length === 0;
  const name = profile === undefined ? '' : firstNameOf({ ...profile, isSelf: true });
  return (
    <main class="welcome" id="main" tabIndex={-1}>
      {!isFirst && isLoaded && (
        <div class="welcome-inside welcome-quiet">
          <Mark size={36} />
          <h1 class="welcome-title">{t('pick.title')}</h1>
          <p>{t('pick.text', { keys: platform.isMac ? '⌘K' : 'Ctrl+K' })}</p>
        </div>
      )}
      {isFirst && (
        <div class="welcome-inside">
          <h1 class="welcome-title">{t('welcome.title', { name })}</h1>
          <p>{t('welcome.text')}</p>
          <ol class="welcome-steps">
            <li>{t('welcome.step.1')}</li>
            <li>{t('welcome.step.2')}</li>
            <li>{t('welcome.step.3')}</li>
          </ol>
          <Button kind="primary" icon={UserPlus} onClick={() => open('invite')}>
            {t('welcome.action')}
          </Button>
        </div>
      )}
    </main>
  );
}
