import { createAccount } from '@crypho/model';
import type { Said } from '@crypho/i18n';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from '../context.ts';
import { FormError } from '../primitives/Form.tsx';
import { Link } from '../primitives/Link.tsx';
import { Waiting } from '../primitives/Waiting.tsx';
import { PublicFrame, Question } from './PublicFrame.tsx';

type State = { kind: 'working' | 'changed' | 'expired' } | { kind: 'failed'; said: Said };

/** Where the link in the mail about a new address leads. */
export function ConfirmEmail({ token }: { token: string }): VNode {
  const { text, services } = useSurroundings();
  const { t } = text;
  const [state, setState] = useState<State>({ kind: token === '' ? 'expired' : 'working' });
  useEffect(() => {
    if (token !== '') void createAccount(services).confirmEmail(token).then(setState);
  }, [token]);
  return (
    <PublicFrame>
      <Question title={t('email.confirm.title')} focuses>
        {state.kind === 'working' && <Waiting label={t('email.confirm.working')} />}
        {state.kind === 'changed' && <p role="status">{t('email.confirm.done')}</p>}
        {state.kind === 'expired' && <FormError>{t('email.confirm.expired')}</FormError>}
        {state.kind === 'failed' && <FormError>{state.said.say(text)}</FormError>}
        {state.kind !== 'working' && (
          <div class="question-actions">
            <Link to={{ kind: 'conversations' }} class="button button-primary">
              {t('email.confirm.open')}
            </Link>
          </div>
        )}
      </Question>
    </PublicFrame>
  );
}
