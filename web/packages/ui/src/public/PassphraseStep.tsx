import type { Strength } from '@crypho/model';
import type { VNode } from 'preact';
import { createPortal } from '../portal.ts';
import { useState } from 'preact/hooks';
import { useSurroundings, useText } from '../context.ts';
import { CheckMark, Copy, Pencil, Printer, RefreshCw } from '../icons.ts';
import { Button } from '../primitives/Button.tsx';
import { Check, Field } from '../primitives/Field.tsx';
import { Form } from '../primitives/Form.tsx';
import { Question } from './PublicFrame.tsx';
import type { StepProps } from './Signup.tsx';
import './PassphraseStep.css';

/** The passphrase: one that was drawn, or one's own, and what losing it costs. */
export function PassphraseStep({ model, snapshot }: StepProps): VNode {
  const { t } = useText();
  const { isOwn, isKept, error } = snapshot;
  return (
    <Question
      title={t('signup.passphrase.title')}
      lead={isOwn ? undefined : t('signup.passphrase.lead')}
      focuses
    >
      <Form refused={error} onSubmit={() => model.actions.submitPassphrase()}>
        {isOwn ? (
          <Own model={model} snapshot={snapshot} />
        ) : (
          <Suggested model={model} snapshot={snapshot} />
        )}
        <div class="loss">
          <h2 class="loss-title">{t('signup.passphrase.loss.title')}</h2>
          <p>{t('signup.passphrase.loss.text')}</p>
          <Check
            label={t('signup.passphrase.kept')}
            name="kept"
            isChecked={isKept}
            onChange={model.actions.setKept}
          />
        </div>
        <div class="question-actions">
          <Button kind="primary" type="submit">
            {t('common.continue')}
          </Button>
          <Button kind="quiet" onClick={model.actions.back}>
            {t('common.back')}
          </Button>
        </div>
      </Form>
    </Question>
  );
}

function Suggested({ model, snapshot }: StepProps): VNode {
  const { text, platform } = useSurroundings();
  const { t } = text;
  const [isCopied, setCopied] = useState(false);
  const { generated, email } = snapshot;
  const words = (generated?.passphrase ?? '').split(' ');
  return (
    <div class="suggested">
      <output class="suggested-words" aria-label={t('signup.passphrase.generated')} data-passphrase>
        {words.map((word, at) => (
          <span key={at}>
            {at > 0 && ' '}
            <span class="suggested-word">{word}</span>
          </span>
        ))}
      </output>
      <div class="suggested-actions">
        <Button
          icon={isCopied ? CheckMark : Copy}
          onClick={() => {
            if (generated !== undefined) {
              void platform.copy(generated.passphrase).then((done) => setCopied(done));
            }
          }}
        >
          {t(isCopied ? 'common.copied' : 'signup.passphrase.copy')}
        </Button>
        <Button icon={Printer} onClick={() => platform.print()}>
          {t('signup.passphrase.print')}
        </Button>
        <Button
          icon={RefreshCw}
          onClick={() => {
            setCopied(false);
            model.actions.another();
          }}
        >
          {t('signup.passphrase.another')}
        </Button>
        <Button kind="quiet" icon={Pencil} onClick={() => model.actions.setOwn(true)}>
          {t('signup.passphrase.own')}
        </Button>
      </div>
      {generated !== undefined && (
        <p class="field-hint">
          {t('signup.passphrase.entropy', {
            words: generated.words,
            list: generated.listSize,
          })}
        </p>
      )}
      {createPortal(
        <section class="sheet" aria-hidden="true">
          <h1>{t('signup.passphrase.print.title')}</h1>
          <p class="sheet-words">{generated?.passphrase}</p>
          <p>{email}</p>
          <p>{t('signup.passphrase.print.text')}</p>
        </section>,
      )}
    </div>
  );
}

function Own({ model, snapshot }: StepProps): VNode {
  const { t } = useText();
  const { own, strength } = snapshot;
  return (
    <div class="own">
      <Field
        label={t('signup.passphrase.field')}
        name="passphrase"
        hint={t('signup.passphrase.field.hint')}
        kind="passphrase"
        autoComplete="new-password"
        value={own}
        onInput={model.actions.writeOwn}
        autoFocus
      />
      <StrengthMeter {...(own === '' || strength === undefined ? {} : { strength })} />
      <div>
        <Button kind="quiet" onClick={() => model.actions.setOwn(false)}>
          {t('signup.passphrase.suggested')}
        </Button>
      </div>
    </div>
  );
}

/** How long a passphrase would stand against guessing, in words and as a bar. */
export function StrengthMeter({ strength }: { strength?: Strength }): VNode {
  const { t } = useText();
  return (
    <div class="strength">
      <meter
        class="hidden-text"
        aria-label={t('strength.label')}
        min={0}
        max={4}
        value={strength ?? 0}
      />
      <div class="strength-bars" data-strength={strength} aria-hidden="true">
        {[0, 1, 2, 3].map((at) => (
          <span key={at} class={strength !== undefined && strength > at ? 'is-filled' : ''} />
        ))}
      </div>
      <p class="strength-word" role="status">
        {strength === undefined ? '' : t(`strength.${strength}`)}
      </p>
    </div>
  );
}
