import type { Language } from '@crypho/engine/api';
import { say, type Said } from '@crypho/i18n';
import { looksLikeEmail } from './email.ts';
import { failed } from './notices.ts';
import { generatePassphrase, loadWords, type Generated } from './passphrase.ts';
import type { Services } from './services.ts';
import { createModel, createStore, type Model } from './store.ts';
import { loadMeter, STRENGTH_MIN, type Measure, type Strength } from './strength.ts';

export type SignupStep = 'email' | 'sent' | 'opening' | 'expired' | 'name' | 'passphrase' | 'totp';

export type SignupField = 'email' | 'name' | 'passphrase' | 'kept' | 'code' | 'form';

export interface SignupSnapshot {
  readonly step: SignupStep;
  readonly isWorking: boolean;
  readonly email: string;
  readonly displayName: string;
  readonly generated?: Generated;
  readonly isOwn: boolean;
  readonly own: string;
  readonly strength?: Strength;
  readonly isKept: boolean;
  readonly totp?: { readonly secret: string; readonly uri: string };
  readonly error?: { readonly field: SignupField; readonly said: Said };
}

export interface SignupActions {
  setLanguage(language: Language): void;
  submitEmail(email: string): Promise<void>;
  sendAgain(): Promise<void>;
  otherAddress(): void;
  open(token: string): Promise<void>;
  submitName(name: string): void;
  another(): void;
  setOwn(isOwn: boolean): void;
  writeOwn(passphrase: string): void;
  setKept(isKept: boolean): void;
  submitPassphrase(): void;
  submitCode(code: string): Promise<void>;
  back(): void;
}

export type SignupModel = Model<SignupSnapshot, SignupActions>;

const INITIAL: SignupSnapshot = {
  step: 'email',
  isWorking: false,
  email: '',
  displayName: '',
  isOwn: false,
  own: '',
  isKept: false,
};

export const NAME_MAX = 80;

/** Signing up, one question a step. The passphrase stays here until the engine makes keys of it. */
export function createSignup(services: Services, firstLanguage: Language): SignupModel {
  const { engine, notices, random } = services;
  const store = createStore<SignupSnapshot>(INITIAL);
  let language = firstLanguage;
  let token = '';
  let words: readonly string[] = [];
  let measure: Measure | undefined;
  const show = (
    part: Partial<Omit<SignupSnapshot, 'error'>>,
    error?: SignupSnapshot['error'],
  ): void => {
    const { error: _, ...rest } = store.get();
    store.set({ ...rest, ...part, ...(error === undefined ? {} : { error }) });
  };
  const draw = (): void => show({ generated: generatePassphrase(words, random), isKept: false });
  const loadList = async (): Promise<void> => {
    const wanted = language;
    words = await loadWords(wanted);
    if (wanted === language) draw();
  };
  const chosen = (): string => {
    const { isOwn, own, generated } = store.get();
    return isOwn ? own : (generated?.passphrase ?? '');
  };
  const measured = (own: string): Partial<SignupSnapshot> => {
    if (measure === undefined || own === '') return {};
    const { email, displayName } = store.get();
    return { strength: measure(own, ['crypho', email, displayName]) };
  };
  const start = async (email: string): Promise<boolean> => {
    show({ isWorking: true, email });
    const answer = await engine.command('signup.start', { email, language });
    show(
      { isWorking: false },
      answer.ok ? undefined : { field: 'form', said: failed(answer.failure) },
    );
    return answer.ok;
  };

  return createModel(store, {
    setLanguage(next) {
      if (next === language) return;
      language = next;
      if (store.get().generated !== undefined) void loadList();
    },
    async submitEmail(email) {
      if (store.get().isWorking) return;
      if (!looksLikeEmail(email)) {
        return show({ email }, { field: 'email', said: say('signup.email.invalid') });
      }
      if (await start(email.trim())) show({ step: 'sent' });
    },
    async sendAgain() {
      if (await start(store.get().email)) notices.actions.show(say('signup.sent.again.done'));
    },
    otherAddress: () => show({ step: 'email' }),
    async open(link) {
      token = link;
      show({ step: 'opening' });
      const answer = await engine.command('signup.open', { token });
      if (!answer.ok) {
        show({ step: 'opening' }, { field: 'form', said: failed(answer.failure) });
      } else if (answer.value.kind === 'link-expired') {
        show({ step: 'expired' });
      } else {
        const { email, totpSecret, totpUri } = answer.value;
        show({ step: 'name', email, totp: { secret: totpSecret, uri: totpUri } });
      }
    },
    submitName(name) {
      const displayName = name.trim().replace(/\s+/g, ' ').slice(0, NAME_MAX);
      if (displayName === '') {
        return show({ displayName }, { field: 'name', said: say('profile.name.missing') });
      }
      show({ displayName, step: 'passphrase' });
      if (store.get().generated === undefined) void loadList();
    },
    another: draw,
    setOwn(isOwn) {
      show({ isOwn, isKept: false });
      if (!isOwn || measure !== undefined) return;
      void loadMeter().then((loaded) => {
        measure = loaded;
        store.patch(measured(store.get().own));
      });
    },
    writeOwn(own) {
      const { strength: _, ...rest } = store.get();
      store.set({ ...rest, own, isKept: false, ...measured(own) });
    },
    setKept: (isKept) => show({ isKept }),
    submitPassphrase() {
      const { isOwn, strength, isKept } = store.get();
      if (chosen() === '') {
        return show({}, { field: 'passphrase', said: say('common.required') });
      }
      if (isOwn && (strength === undefined || strength < STRENGTH_MIN)) {
        return show({}, { field: 'passphrase', said: say('signup.passphrase.weak') });
      }
      if (!isKept) return show({}, { field: 'kept', said: say('signup.passphrase.kept.missing') });
      show({ step: 'totp' });
    },
    async submitCode(code) {
      const { isWorking, displayName } = store.get();
      if (isWorking) return;
      const totpCode = code.replace(/\s/g, '');
      if (!/^\d{6}$/.test(totpCode)) {
        return show({}, { field: 'code', said: say('login.code.short') });
      }
      show({ isWorking: true });
      const passphrase = chosen();
      const answer = await engine.command('signup.complete', {
        token,
        displayName,
        language,
        passphrase,
        totpCode,
        isSharedComputer: false,
      });
      if (!answer.ok) {
        show({ isWorking: false }, { field: 'form', said: failed(answer.failure) });
      } else if (answer.value.kind === 'wrong-code') {
        show({ isWorking: false }, { field: 'code', said: say('login.code.wrong') });
      } else if (answer.value.kind === 'link-expired') {
        show({ isWorking: false, step: 'expired' });
      } else {
        store.set(INITIAL);
      }
    },
    back() {
      const { step } = store.get();
      if (step === 'passphrase') show({ step: 'name' });
      if (step === 'totp') show({ step: 'passphrase' });
    },
  });
}
