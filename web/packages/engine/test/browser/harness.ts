/** Engines in real Chromium against a real server, without an interface. */
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
  fill(conversationId: string, count: number): Promise<number>;
  held(conversationId: string): Promise<number>;
  measureOpen(conversationId: string): Promise<{ ms: number; items: number }>;
  measureOlder(conversationId: string, steps: number): Promise<readonly number[]>;
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

export const home = `http://localhost:${port}/`;

export class Browser {
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

export const vite = await createServer({
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
export const chrome = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });

/** `clockMs`: how far the worker's clock is off. */
export async function open(context?: BrowserContext, clockMs = 0): Promise<Browser> {
  const mine = context ?? (await chrome.newContext());
  const page = await mine.newPage();
  page.on('console', (message) => {
    if (!message.text().startsWith('[vite]')) console.log('  page:', message.text());
  });
  page.on('response', (response) => {
    if (response.status() >= 400) console.log('  ', response.status(), response.url());
  });
  page.on('pageerror', (error) => console.log('  page error:', error.message));
  await page.goto(`http://localhost:${port}/${clockMs === 0 ? '' : `?clock=${clockMs}`}`);
  await page.waitForFunction(() => 'engine' in globalThis);
  return new Browser(mine, page);
}

export interface Known {
  readonly browser: Browser;
  readonly email: string;
  readonly secret: string;
  readonly accountId: string;
}

export async function signUp(name: string, clockMs = 0): Promise<Known> {
  const browser = await open(undefined, clockMs);
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

export async function logIn(as: Known, name: string, clockMs = 0): Promise<Browser> {
  const browser = await open(undefined, clockMs);
  await browser.must('login.start', { email: as.email, passphrase: `${name} liker lange turer` });
  await browser.must('login.complete', { code: await totp(as.secret), isSharedComputer: false });
  await browser.ready();
  return browser;
}

export async function befriend(a: Known, b: Known): Promise<void> {
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

export async function close(): Promise<void> {
  await chrome.close();
  await vite.close();
}
