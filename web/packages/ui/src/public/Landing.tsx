import type { VNode } from 'preact';
import { useText } from '../context.ts';
import { Link } from '../primitives/Link.tsx';
import { PublicFrame } from './PublicFrame.tsx';
import './Landing.css';

const POINTS = ['private', 'devices', 'people', 'honest'] as const;

/** The front page: what Crypho is, in plain words, and the two ways in. */
export function Landing(): VNode {
  const { t } = useText();
  return (
    <PublicFrame isWide>
      <section class="landing-top">
        <h1 class="landing-headline">{t('landing.headline')}</h1>
        <p class="landing-lead">{t('landing.lead')}</p>
        <div class="landing-actions">
          <Link to={{ kind: 'signup' }} class="button button-primary">
            {t('landing.signup')}
          </Link>
          <Link to={{ kind: 'login' }} class="button button-plain">
            {t('landing.login')}
          </Link>
        </div>
      </section>
      <ul class="landing-points">
        {POINTS.map((point) => (
          <li key={point} class="landing-point">
            <h2 class="landing-point-title">{t(`landing.${point}.title`)}</h2>
            <p>{t(`landing.${point}.text`)}</p>
          </li>
        ))}
      </ul>
      <p class="landing-open">{t('landing.open')}</p>
    </PublicFrame>
  );
}
