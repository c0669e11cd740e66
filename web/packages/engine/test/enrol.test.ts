import { base64, utf8 } from '@crypho/vault';
import { expect, test } from 'vitest';
import { until } from './sim/client.ts';
import type { SimTab } from './sim/client.ts';
import { browser, ready, world } from './sim/people.ts';
import type { SimServer } from './sim/server.ts';

const REGISTER = '/api/crypho.v1.AccountService/RegisterDevice';

async function signUpAt(server: SimServer): Promise<SimTab> {
  const tab = browser(server).start();
  const email = 'anna@example.org';
  await tab.must('signup.start', { email, language: 'en' });
  await tab.must('signup.complete', {
    token: base64(utf8(email)),
    displayName: 'Anna',
    language: 'en',
    passphrase: 'anna likes long walks',
    totpCode: '000000',
    isSharedComputer: false,
  });
  return tab;
}

test.each(['key_packages', 'last_resort', 'device.certificate'])(
  'a device whose %s is refused says so, tries on, and gets in when it can',
  async (field) => {
    const server = world();
    let isRefusing = true;
    server.refuses = (path) => (isRefusing && path === REGISTER ? field : undefined);
    const tab = await signUpAt(server);
    await until('says why', () => {
      const state = tab.session.state();
      return state.kind === 'preparing' && state.problem === 'invalid';
    });
    const tries = (): number => server.calls.filter((path) => path === REGISTER).length;
    const before = tries();
    await until('tries on', () => tries() > before);
    isRefusing = false;
    await ready(tab);
  },
);

test('a device that comes while the account key is changed asks for the passphrase again', async () => {
  const server = world();
  server.refuses = (path) => (path === REGISTER ? 'device' : undefined);
  const tab = await signUpAt(server);
  await until('refused', () => server.calls.includes(REGISTER));
  const [account] = server.accounts.values();
  if (account === undefined) throw new Error('no account');
  account.keys = { ...account.keys, keyGeneration: account.keys.keyGeneration + 1 };
  server.refuses = () => undefined;
  await until('signed out', () => tab.session.state().kind === 'signed-out');
  expect(tab.session.state()).toEqual({ kind: 'signed-out', reason: 'expired' });
});
