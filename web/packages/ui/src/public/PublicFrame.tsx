import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useSurroundings } from '../context.ts';
import { Link } from '../primitives/Link.tsx';
import { Mark } from '../primitives/Mark.tsx';
import './PublicFrame.css';

/** What stands around the pages that anyone may open: the name, the ways in, the language. */
export function PublicFrame({
  children,
  isWide,
}: {
  children: ComponentChildren;
  isWide?: boolean;
}): VNode {
  const { text, route, setLanguage } = useSurroundings();
  const { t, tag } = text;
  const other = tag === 'nb' ? 'en' : 'nb';
  return (
    <div class="public">
      <header class="public-header">
        <Link to={{ kind: 'landing' }} class="public-name">
          <Mark />
          <span>{t('app.name')}</span>
        </Link>
        <nav class="public-nav" aria-label={t('landing.nav')}>
          <button
            type="button"
            class="button button-quiet public-language"
            lang={other}
            onClick={() => setLanguage(other)}
          >
            {t(`language.${other}`)}
          </button>
          {route.kind !== 'login' && (
            <Link to={{ kind: 'login' }} class="button button-quiet">
              {t('landing.login')}
            </Link>
          )}
          {route.kind !== 'signup' && (
            <Link to={{ kind: 'signup' }} class="button button-plain">
              {t('landing.signup')}
            </Link>
          )}
        </nav>
      </header>
      <main class={isWide === true ? 'public-main public-main-wide' : 'public-main'} id="main">
        {children}
      </main>
    </div>
  );
}

/** One question: a heading that takes the focus when the question is new, then its form. */
export function Question(props: {
  title: string;
  lead?: string | undefined;
  focuses?: boolean;
  children?: ComponentChildren;
}): VNode {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (props.focuses === true) heading.current?.focus();
  }, [props.title]);
  return (
    <section class="question">
      <h1 class="question-title" tabIndex={-1} ref={heading}>
        {props.title}
      </h1>
      {props.lead !== undefined && <p class="question-lead">{props.lead}</p>}
      {props.children}
    </section>
  );
}
