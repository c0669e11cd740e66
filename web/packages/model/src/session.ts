import type { ConnectionState, Profile, SessionState, Settings } from '@crypho/engine/api';
import { say } from '@crypho/i18n';
import type { Services } from './services.ts';
import { createModel, createStore, type Model } from './store.ts';

export interface SessionSnapshot {
  readonly session: SessionState;
  readonly connection: ConnectionState;
  readonly profile?: Profile;
  readonly settings?: Settings;
}

export interface SessionActions {
  logOut(): Promise<void>;
  changeSettings(change: Partial<Settings>): void;
}

export type SessionModel = Model<SessionSnapshot, SessionActions>;

/** Who is signed in, whether there is a connection, and the account's own settings. */
export function createSession({ engine, notices }: Services): SessionModel {
  const store = createStore<SessionSnapshot>({
    session: { kind: 'starting' },
    connection: { kind: 'online' },
  });
  let releases: readonly (() => void)[] = [];
  const follow = (session: SessionState): void => {
    const was = store.get().session.kind;
    store.patch({ session });
    if (session.kind === 'signed-in' && releases.length === 0) {
      releases = [
        engine.watch('profile', {}, (profile) => store.patch({ profile })),
        engine.watch('settings', {}, (settings) => store.patch({ settings })),
      ];
    } else if (session.kind !== 'signed-in' && was === 'signed-in') {
      for (const release of releases) release();
      releases = [];
      store.set({ session, connection: store.get().connection });
    }
  };
  const stopSession = engine.watch('session', {}, follow);
  const stopConnection = engine.watch('connection', {}, (connection) => {
    const was = store.get().connection.kind;
    store.patch({ connection });
    if (was === 'offline' && connection.kind === 'online')
      notices.actions.show(say('connection.back'));
  });
  return createModel(
    store,
    {
      async logOut() {
        const answer = await engine.command('session.logOut', {});
        if (!answer.ok) notices.actions.fail(answer.failure);
      },
      async changeSettings(change) {
        const before = store.get().settings;
        if (before !== undefined) store.patch({ settings: { ...before, ...change } });
        const answer = await engine.command('settings.change', change);
        if (answer.ok) return;
        if (before !== undefined) store.patch({ settings: before });
        notices.actions.fail(answer.failure);
      },
    },
    [stopSession, stopConnection, () => releases.forEach((release) => release())],
  );
}
