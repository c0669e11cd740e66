/**
 * Engines in real Chromium against a real server, without an interface:
 * `CRYPHO_SERVER=http://localhost:8080 node --experimental-strip-types test/browser/run.ts`
 */
import { createHmac } from 'node:crypto';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import { createServer } from 'vite';

const server = process.env['CRYPHO_SERVER'] ?? 'http://localhost:8080';
const port = Number(process.env['PORT'] ?? 5190);

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

interface PageEngine {
  command(name: string, args: object): Promise<{ ok: boolean; value: never; failure: never }>;
  watch(name: string, args: object, as: string): void;
  list(name: string, args: object, as: string): void;
  value(as: string): unknown;
  items(as: string): readonly { kind: string; body?: { kind: string; text?: string } }[];
}
declare global {
  var engine: PageEngine;
}

function decodeBase32(text: string): Buffer {
  let bits = '';
  for (const c of text)
    bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0');
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

const used = new Map<string, number>();

/** A code that was not used before: the server takes each once. */
async function totp(secret: string): Promise<string> {
  for (;;) {
    const step = Math.floor(Date.now() / 30_000);
    for (const candidate of [step - 1, step, step + 1]) {
      if (candidate <= (used.get(secret) ?? 0)) continue;
      used.set(secret, candidate);
      const counter = Buffer.alloc(8);
      counter.writeBigUInt64BE(BigInt(candidate));
      const mac = createHmac('sha1', decodeBase32(secret)).update(counter).digest();
      const at = (mac.at(-1) ?? 0) & 15;
      return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function mailToken(email: string): Promise<string> {
  const end = Date.now() + 15_000;
  while (Date.now() < end) {
    const mails = await (await fetch(`${server}/mails.json`)).text();
    const all: unknown = JSON.parse(mails);
    const list = Array.isArray(all) ? all : (Reflect.get(Object(all), 'mails') as unknown[]);
    for (const mail of list.toReversed()) {
      const text = JSON.stringify(mail);
      if (!text.includes(email)) continue;
      const token = /signup#([\w-]+)/.exec(text)?.[1];
      if (token !== undefined) return token;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('no mail');
}

class Browser {
  readonly context: BrowserContext;
  page: Page;
  constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
  }

  async must<T>(name: string, args: object): Promise<T> {
    const answer = await this.page.evaluate(([n, a]) => globalThis.engine.command(n, a), [
      name,
      args,
    ] as const);
    if (!answer.ok) throw new Error(`${name}: ${JSON.stringify(answer.failure)}`);
    return answer.value;
  }

  async until(what: string, read: () => Promise<boolean>, withinMs = 45_000): Promise<number> {
    const start = performance.now();
    while (!(await read())) {
      if (performance.now() - start > withinMs)
        throw new Error(
          `not within ${withinMs} ms: ${what}; ${JSON.stringify(await this.session())}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return performance.now() - start;
  }

  session(): Promise<unknown> {
    return this.page.evaluate(() => globalThis.engine.value('session'));
  }

  ready(): Promise<number> {
    return this.until(
      'signed in',
      async () => Reflect.get(Object(await this.session()), 'kind') === 'signed-in',
    );
  }

  list(name: string, args: object, as: string): Promise<void> {
    return this.page.evaluate(([n, a, s]) => globalThis.engine.list(n, a, s), [
      name,
      args,
      as,
    ] as const);
  }

  texts(as: string): Promise<string[]> {
    return this.page.evaluate(
      (s) =>
        globalThis.engine
          .items(s)
          .filter((item) => item.kind === 'message')
          .map((item) => item.body?.text ?? `<${item.body?.kind}>`),
      as,
    );
  }

  async reads(as: string, text: string): Promise<number> {
    try {
      return await this.until(`reads ${text}`, async () => (await this.texts(as)).includes(text));
    } catch (error) {
      console.log(await this.texts(as));
      throw error;
    }
  }
}

const vite = await createServer({
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'error',
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['@wireapp/core-crypto'] },
  server: {
    port,
    strictPort: true,
    fs: { strict: false },
    proxy: { '/api': { target: server, changeOrigin: false, ws: true } },
  },
});
await vite.listen();
const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });

async function open(context?: BrowserContext): Promise<Browser> {
  const mine = context ?? (await chrome.newContext());
  const page = await mine.newPage();
  page.on('console', (message) => console.log('  page:', message.text()));
  page.on('response', (r) => { if (r.status() >= 400 || r.url().includes('core-crypto') || r.url().includes('wasm')) console.log('  ', r.status(), r.url().slice(-90)); });
  page.on('requestfailed', (request) => console.log('  failed:', request.url(), request.failure()?.errorText));
  page.on('pageerror', (error) => console.log('  page error:', error.message));
  await page.goto(`http://localhost:${port}/`);
  await page.waitForFunction(() => 'engine' in globalThis);
  return new Browser(mine, page);
}

interface Known {
  readonly browser: Browser;
  readonly email: string;
  readonly secret: string;
  readonly accountId: string;
}

async function signUp(name: string): Promise<Known> {
  const browser = await open();
  const email = `${name}.${Date.now()}@example.org`;
  await browser.must('signup.start', { email, language: 'nb' });
  const token = await mailToken(email);
  const opened = await browser.must<{ totpSecret: string }>('signup.open', { token });
  const done = await browser.must<{ kind: string }>('signup.complete', {
    token,
    displayName: name,
    language: 'nb',
    passphrase: `${name} liker lange turer`,
    totpCode: await totp(opened.totpSecret),
    isSharedComputer: false,
  });
  console.log(`${name}: ${done.kind}`);
  await browser.ready();
  const state = await browser.session();
  const accountId = String(Reflect.get(Object(state), 'accountId'));
  return { browser, email, secret: opened.totpSecret, accountId };
}

async function logIn(as: Known, name: string): Promise<Browser> {
  const browser = await open();
  await browser.must('login.start', { email: as.email, passphrase: `${name} liker lange turer` });
  await browser.must('login.complete', { code: await totp(as.secret), isSharedComputer: false });
  await browser.ready();
  return browser;
}

async function befriend(a: Known, b: Known): Promise<void> {
  await a.browser.must('contact.invite', { email: b.email, note: 'Hei' });
  await b.browser.list('contacts', {}, 'contacts');
  let invitationId: string | undefined;
  await b.browser.until('invitation', async () => {
    const items = await b.browser.page.evaluate(() => globalThis.engine.items('contacts'));
    const found = items.find((item) => item.kind === 'received');
    invitationId = found === undefined ? undefined : String(Reflect.get(found, 'invitationId'));
    return invitationId !== undefined;
  });
  await b.browser.must('invitation.accept', { invitationId });
}

try {
  const anna = await signUp('anna');
  const bo = await signUp('bo');
  await befriend(anna, bo);
  const opened = await anna.browser.must<{ conversationId: string }>('conversation.openDirect', {
    accountId: bo.accountId,
  });
  const { conversationId } = opened;
  const timeline = { conversationId, around: 'latest' };
  await anna.browser.list('timeline', timeline, 't');
  await bo.browser.list('timeline', timeline, 't');
  await anna.browser.must('message.send', { conversationId, text: 'hei' });
  console.log('first message', await bo.browser.reads('t', 'hei'));
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const [from, to] = i % 2 === 0 ? [bo, anna] : [anna, bo];
    const start = performance.now();
    await from.browser.must('message.send', { conversationId, text: `nr ${i}` });
    await to.browser.reads('t', `nr ${i}`);
    times.push(performance.now() - start);
  }
  console.log('send to shown, median ms', times.toSorted((a, b) => a - b)[10]);
  await anna.browser.page.reload();
  await anna.browser.page.waitForFunction(() => 'engine' in globalThis);
  console.log('reload to signed in ms', await anna.browser.ready());
  await anna.browser.list('timeline', timeline, 't');
  await anna.browser.reads('t', 'hei');
  await anna.browser.must('message.send', { conversationId, text: 'etter omlasting' });
  await bo.browser.reads('t', 'etter omlasting');
  await anna.browser.context.setOffline(true);
  await anna.browser.page.close();
  const second = await logIn(anna, 'anna');
  await second.list('timeline', timeline, 't');
  await second.reads('t', 'hei');
  console.log('new device has', (await second.texts('t')).length, 'messages');
  await second.must('message.send', { conversationId, text: 'fra ny enhet' });
  await bo.browser.reads('t', 'fra ny enhet');
  const tab = await open(bo.browser.context);
  await tab.ready();
  await tab.list('timeline', timeline, 't');
  await tab.reads('t', 'fra ny enhet');
  await bo.browser.page.close();
  await tab.must('message.send', { conversationId, text: 'fane to' });
  await second.reads('t', 'fane to');
  const cilla = await signUp('cilla');
  await befriend({ ...anna, browser: second }, cilla);
  const group = await second.must<{ kind: string; conversationId: string }>('group.create', {
    name: 'Laget',
    members: [bo.accountId, cilla.accountId],
    sharesHistory: false,
  });
  console.log('group', group.kind);
  const inGroup = { conversationId: group.conversationId, around: 'latest' };
  for (const each of [second, tab, cilla.browser]) await each.list('timeline', inGroup, 'g');
  await cilla.browser.must('message.send', {
    conversationId: group.conversationId,
    text: 'hei alle',
  });
  await second.reads('g', 'hei alle');
  await tab.reads('g', 'hei alle');
  const removed = await second.must<{ kind: string }>('group.remove', {
    conversationId: group.conversationId,
    accountId: bo.accountId,
  });
  console.log('removed', removed.kind);
  await second.must('message.send', { conversationId: group.conversationId, text: 'uten bo' });
  await cilla.browser.reads('g', 'uten bo');
  console.log('bo sees', await tab.texts('g'));
  console.log('PASSED');
} finally {
  await chrome.close();
  await vite.close();
}
