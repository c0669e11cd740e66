// First of all: what everything else is drawn with. Not in index.ts, which bundlers may skip over.
import './tokens/tokens.css';
import './tokens/base.css';
import { createText, type Catalogue, type Tag, type Text } from '@crypho/i18n';
import {
  createLogin,
  createSession,
  isPublic,
  type Route,
  type Services,
  type SessionSnapshot,
} from '@crypho/model';
import { Component, type ComponentChildren, type VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import {
  SurroundingsContext,
  useModel,
  useOwnModel,
  useSurroundings,
  type Platform,
  type Surroundings,
} from './context.ts';
import { lazy } from './lazy.tsx';
import { Notices } from './primitives/Notices.tsx';
import type { Theme } from './theme.ts';
import { Tooltip } from './primitives/Tooltip.tsx';
import { WaitingPage } from './primitives/Waiting.tsx';
import { FailedView, UnknownPage } from './public/FailedView.tsx';
import { Landing } from './public/Landing.tsx';
import { Login } from './public/Login.tsx';
import { Blocked, Preparing } from './public/Preparing.tsx';

/** What the app gives the interface. */
export interface RootProps {
  readonly services: Services;
  readonly platform: Platform;
  readonly history: RouteHistory;
  readonly language: Tag;
  readonly loadCatalogue: (tag: Tag) => Promise<Catalogue>;
  readonly firstCatalogue: Catalogue;
  readonly decorate?: (text: string) => string;
  readonly timeZone?: string;
  /** Language, theme and title as the person chose them or as they changed. */
  readonly onLanguage: (tag: Tag) => void;
  readonly onTheme: (theme: Theme) => void;
  readonly onTitle: (title: string) => void;
}

export interface RouteHistory {
  current(): Route;
  go(route: Route, isReplacing: boolean): void;
  listen(listener: (route: Route) => void): () => void;
}

const Shell = lazy(async () => (await import('./shell/Shell.tsx')).Shell);
const SignupRoute = lazy(async () => (await import('./public/SignupRoute.tsx')).SignupRoute);
const ConfirmEmail = lazy(async () => (await import('./public/ConfirmEmail.tsx')).ConfirmEmail);

/** The whole interface. */
export function Root(props: RootProps): VNode {
  const { services, platform, history } = props;
  const [route, setRoute] = useState(() => history.current());
  const [{ tag, catalogue }, setLanguage] = useState({
    tag: props.language,
    catalogue: props.firstCatalogue,
  });
  useEffect(() => history.listen(setRoute), [history]);
  const text: Text = useMemo(
    () => createText(tag, catalogue, props.timeZone, props.decorate),
    [tag, catalogue],
  );
  const surroundings: Surroundings = useMemo(
    () => ({
      text,
      services,
      route,
      platform,
      navigate: (to, options) => history.go(to, options?.replace === true),
      setLanguage(next) {
        void props.loadCatalogue(next).then((loaded) => {
          setLanguage({ tag: next, catalogue: loaded });
          props.onLanguage(next);
        });
      },
    }),
    [text, route],
  );
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <Guard>
        <Screens onTheme={props.onTheme} onTitle={props.onTitle} />
      </Guard>
      <Notices />
      <Tooltip />
    </SurroundingsContext.Provider>
  );
}

/** Shows that something broke instead of nothing at all. */
class Guard extends Component<{ children: ComponentChildren }, { isBroken: boolean }> {
  override state = { isBroken: false };
  static override getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }
  override render(): ComponentChildren {
    if (!this.state.isBroken) return this.props.children;
    return <FailedView onRetry={() => this.setState({ isBroken: false })} />;
  }
}

type ScreensProps = Pick<RootProps, 'onTheme' | 'onTitle'>;

function Screens({ onTheme, onTitle }: ScreensProps): VNode {
  const surroundings = useSurroundings();
  const { services, route, text, navigate } = surroundings;
  const sessionModel = useOwnModel(() => createSession(services));
  const snapshot = useModel(sessionModel);
  const { session, profile, settings } = snapshot;
  const theme = settings?.theme;
  useEffect(() => {
    if (theme !== undefined) onTheme(theme);
  }, [theme]);
  useEffect(() => {
    if (profile !== undefined && profile.language !== text.tag) {
      surroundings.setLanguage(profile.language);
    }
  }, [profile?.language]);
  useRedirect(snapshot, route, navigate);
  useEffect(() => {
    if (isPublic(route)) onTitle(publicTitle(route, text));
  }, [route.kind, text]);

  if (route.kind === 'unknown') return <UnknownPage />;
  if (route.kind === 'confirm-email') return <ConfirmEmail token={route.token ?? ''} />;
  if (session.kind === 'blocked') return <Blocked reason={session.reason} />;
  if (session.kind === 'preparing') return <Preparing state={session} />;
  if (session.kind === 'signed-in' && !isPublic(route)) {
    return <Shell sessionModel={sessionModel} onTitle={onTitle} />;
  }
  if (route.kind === 'landing') return <Landing />;
  if (route.kind === 'signup') {
    return <SignupRoute {...(route.token === undefined ? {} : { token: route.token })} />;
  }
  if (route.kind === 'login') return <LoginRoute snapshot={snapshot} />;
  return <WaitingPage />;
}

function LoginRoute({ snapshot }: { snapshot: SessionSnapshot }): VNode {
  const { services } = useSurroundings();
  const model = useOwnModel(() => createLogin(services));
  const { session } = snapshot;
  const reason = session.kind === 'signed-out' ? session.reason : undefined;
  return <Login model={model} {...(reason === undefined ? {} : { reason })} />;
}

/** Who is signed in belongs in the app; who is not, outside it. */
function useRedirect(
  { session }: SessionSnapshot,
  route: Route,
  navigate: Surroundings['navigate'],
): void {
  useEffect(() => {
    const isIn = session.kind === 'signed-in' || session.kind === 'preparing';
    const isAtTheDoor =
      route.kind === 'landing' ||
      route.kind === 'login' ||
      (route.kind === 'signup' && route.token === undefined);
    const isInside = !isPublic(route) && route.kind !== 'unknown';
    const hasFinishedSignup = route.kind === 'signup' && session.kind === 'preparing';
    if (isIn && (isAtTheDoor || hasFinishedSignup))
      navigate({ kind: 'conversations' }, { replace: true });
    if (session.kind === 'signed-out' && isInside) navigate({ kind: 'login' }, { replace: true });
  }, [session.kind, route.kind]);
}

function publicTitle(route: Route, text: Text): string {
  const { t } = text;
  switch (route.kind) {
    case 'login':
      return t('app.title', { page: t('login.title') });
    case 'signup':
      return t('app.title', { page: t('signup.title') });
    case 'confirm-email':
      return t('app.title', { page: t('email.confirm.title') });
    default:
      return t('app.title', { page: t('landing.title') });
  }
}
