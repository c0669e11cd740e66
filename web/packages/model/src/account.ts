import type { Language } from '@crypho/engine/api';
import { say, type Said } from '@crypho/i18n';
import { looksLikeEmail } from './email.ts';
import { failed } from './notices.ts';
import type { Services } from './services.ts';
import { NAME_MAX } from './signup.ts';
import { loadMeter, STRENGTH_MIN, type Strength } from './strength.ts';

export type AccountAnswer<F extends string> =
  { kind: 'done' } | { kind: 'refused'; field: F | 'form'; said: Said };

/** Changes to one's own account. */
export interface AccountActions {
  rename(name: string): Promise<AccountAnswer<'name'>>;
  setLanguage(language: Language): Promise<void>;
  changePassphrase(current: string, next: string): Promise<AccountAnswer<'current' | 'next'>>;
  changeEmail(passphrase: string, email: string): Promise<AccountAnswer<'passphrase' | 'email'>>;
  confirmEmail(
    token: string,
  ): Promise<{ kind: 'changed' | 'expired' } | { kind: 'failed'; said: Said }>;
  measure(passphrase: string): Promise<Strength>;
}

export function createAccount({ engine, notices }: Services): AccountActions {
  const measure = async (passphrase: string): Promise<Strength> =>
    (await loadMeter())(passphrase, ['crypho']);
  return {
    measure,
    async rename(name) {
      const displayName = name.trim().replace(/\s+/g, ' ').slice(0, NAME_MAX);
      if (displayName === '') {
        return { kind: 'refused', field: 'name', said: say('profile.name.missing') };
      }
      const answer = await engine.command('profile.change', { displayName });
      if (!answer.ok) return { kind: 'refused', field: 'form', said: failed(answer.failure) };
      notices.actions.show(say('common.saved'));
      return { kind: 'done' };
    },
    async setLanguage(language) {
      const answer = await engine.command('profile.change', { language });
      if (!answer.ok) notices.actions.fail(answer.failure);
    },
    async changePassphrase(current, next) {
      if (current === '') {
        return { kind: 'refused', field: 'current', said: say('common.required') };
      }
      if (next === '') return { kind: 'refused', field: 'next', said: say('common.required') };
      if ((await measure(next)) < STRENGTH_MIN) {
        return { kind: 'refused', field: 'next', said: say('signup.passphrase.weak') };
      }
      const answer = await engine.command('passphrase.change', { current, next });
      if (!answer.ok) return { kind: 'refused', field: 'form', said: failed(answer.failure) };
      if (answer.value.kind === 'wrong-passphrase') {
        return { kind: 'refused', field: 'current', said: say('security.passphrase.wrong') };
      }
      notices.actions.show(say('security.passphrase.done'));
      return { kind: 'done' };
    },
    async changeEmail(passphrase, email) {
      if (!looksLikeEmail(email)) {
        return { kind: 'refused', field: 'email', said: say('signup.email.invalid') };
      }
      const newEmail = email.trim();
      const answer = await engine.command('email.change', { passphrase, newEmail });
      if (!answer.ok) return { kind: 'refused', field: 'form', said: failed(answer.failure) };
      if (answer.value.kind === 'wrong-passphrase') {
        return { kind: 'refused', field: 'passphrase', said: say('security.passphrase.wrong') };
      }
      notices.actions.show(say('security.email.sent', { email: newEmail }));
      return { kind: 'done' };
    },
    async confirmEmail(token) {
      const answer = await engine.command('email.confirm', { token });
      if (!answer.ok) return { kind: 'failed', said: failed(answer.failure) };
      return { kind: answer.value.kind === 'changed' ? 'changed' : 'expired' };
    },
  };
}
