import { say, type Said } from '@crypho/i18n';
import { looksLikeEmail } from './email.ts';
import { failed } from './notices.ts';
import type { Services } from './services.ts';
import { createModel, createStore, type Model } from './store.ts';

/** Logging in: address and passphrase, then a code. The session then says that one is in. */
export interface LoginSnapshot {
  readonly step: 'credentials' | 'code';
  readonly isWorking: boolean;
  readonly email: string;
  readonly isSharedComputer: boolean;
  readonly error?: {
    readonly field: 'email' | 'passphrase' | 'code' | 'form';
    readonly said: Said;
  };
}

export interface LoginActions {
  submitCredentials(email: string, passphrase: string): Promise<void>;
  submitCode(code: string): Promise<void>;
  setShared(isSharedComputer: boolean): void;
  restart(): void;
}

export type LoginModel = Model<LoginSnapshot, LoginActions>;

export function createLogin({ engine }: Services): LoginModel {
  const store = createStore<LoginSnapshot>({
    step: 'credentials',
    isWorking: false,
    email: '',
    isSharedComputer: false,
  });
  const show = (
    part: Partial<Omit<LoginSnapshot, 'error'>>,
    error?: LoginSnapshot['error'],
  ): void => {
    const { error: _, ...rest } = store.get();
    store.set({ ...rest, ...part, ...(error === undefined ? {} : { error }) });
  };
  return createModel(store, {
    async submitCredentials(email, passphrase) {
      if (store.get().isWorking) return;
      if (!looksLikeEmail(email)) {
        return show({ email }, { field: 'email', said: say('signup.email.invalid') });
      }
      if (passphrase === '') {
        return show({ email }, { field: 'passphrase', said: say('common.required') });
      }
      show({ isWorking: true, email });
      const answer = await engine.command('login.start', { email: email.trim(), passphrase });
      if (!answer.ok) {
        show({ isWorking: false }, { field: 'form', said: failed(answer.failure) });
      } else if (answer.value.kind === 'wrong-credentials') {
        show({ isWorking: false }, { field: 'form', said: say('login.wrong') });
      } else {
        show({ isWorking: false, step: 'code' });
      }
    },
    async submitCode(code) {
      if (store.get().isWorking) return;
      const digits = code.replace(/\s/g, '');
      if (!/^\d{6}$/.test(digits)) {
        return show({}, { field: 'code', said: say('login.code.short') });
      }
      show({ isWorking: true });
      const { isSharedComputer } = store.get();
      const answer = await engine.command('login.complete', { code: digits, isSharedComputer });
      if (!answer.ok) {
        show({ isWorking: false }, { field: 'form', said: failed(answer.failure) });
      } else if (answer.value.kind === 'wrong-code') {
        show({ isWorking: false }, { field: 'code', said: say('login.code.wrong') });
      } else if (answer.value.kind === 'ticket-expired') {
        show(
          { isWorking: false, step: 'credentials' },
          { field: 'form', said: say('login.expired') },
        );
      }
    },
    setShared: (isSharedComputer) => store.patch({ isSharedComputer }),
    restart: () => show({ step: 'credentials', isWorking: false }),
  });
}
