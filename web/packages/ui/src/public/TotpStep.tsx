import { qrPath, type QrPath } from '@crypho/model';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings, useText } from '../context.ts';
import { CheckMark, Copy } from '../icons.ts';
import { Button } from '../primitives/Button.tsx';
import { CodeForm } from './CodeForm.tsx';
import { Question } from './PublicFrame.tsx';
import type { StepProps } from './Signup.tsx';
import './TotpStep.css';

/** The second factor: a QR code, the same key in letters, and the first code. */
export function TotpStep({ model, snapshot }: StepProps): VNode {
  const { t } = useText();
  const { totp, error, isWorking } = snapshot;
  return (
    <Question title={t('signup.totp.title')} lead={t('signup.totp.lead')} focuses>
      {totp !== undefined && <Scan secret={totp.secret} uri={totp.uri} />}
      <CodeForm
        submit={t(isWorking ? 'signup.totp.working' : 'signup.totp.submit')}
        back={t('common.back')}
        hint={t('login.working.hint')}
        isWorking={isWorking}
        refused={error}
        onSubmit={(code) => void model.actions.submitCode(code)}
        onBack={model.actions.back}
      />
    </Question>
  );
}

function Scan({ secret, uri }: { secret: string; uri: string }): VNode {
  const { text, platform } = useSurroundings();
  const { t } = text;
  const [qr, setQr] = useState<QrPath | undefined>(undefined);
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    void qrPath(uri).then((made) => isCurrent && setQr(made));
    return () => {
      isCurrent = false;
    };
  }, [uri]);
  return (
    <div class="scan">
      <div class="scan-square">
        {qr !== undefined && (
          <svg
            class="scan-qr"
            role="img"
            aria-label={t('signup.totp.qr')}
            viewBox={`0 0 ${qr.size} ${qr.size}`}
            shape-rendering="crispEdges"
          >
            <path d={qr.path} />
          </svg>
        )}
      </div>
      <div class="scan-manual">
        <h2>{t('signup.totp.manual')}</h2>
        <p class="field-hint">{t('signup.totp.manual.hint')}</p>
        <output class="scan-key" aria-label={t('signup.totp.key')}>
          {secret.replace(/(.{4})(?=.)/g, '$1 ')}
        </output>
        <div class="question-actions">
          <Button
            icon={isCopied ? CheckMark : Copy}
            onClick={() => void platform.copy(secret).then((done) => setCopied(done))}
          >
            {t(isCopied ? 'common.copied' : 'common.copy')}
          </Button>
        </div>
        <a href={uri}>{t('signup.totp.open')}</a>
      </div>
    </div>
  );
}
