/** Builds the test page with Vite, serves it under the product's headers, and drives Chromium. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { mkdtemp, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';
import { build } from 'vite';
import { DeliveryService } from './delivery.ts';
import type { Submission } from './delivery.ts';
import type { Reply } from './protocol.ts';

const CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types crypho-worker',
].join('; ');

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

const CHROMIUM_FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What the page's script put there. */
interface PageHarness {
  start(name: string): void;
  kill(name: string): void;
  call(name: string, method: string, args: unknown): Promise<Reply>;
  callThenKill(name: string, method: string, args: unknown): Promise<Reply>;
  free(name: string): Promise<void>;
  violations(): string[];
}
declare global {
  var harness: PageHarness;
}

export class Failed extends Error {}

/** One tab. */
export class Tab {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }

  async start(worker: string): Promise<void> {
    await this.page.evaluate((name) => globalThis.harness.start(name), worker);
  }

  async kill(worker: string): Promise<void> {
    await this.page.evaluate((name) => globalThis.harness.kill(name), worker);
  }

  async free(database: string): Promise<void> {
    await this.page.evaluate((name) => globalThis.harness.free(name), database);
  }

  violations(): Promise<string[]> {
    return this.page.evaluate(() => globalThis.harness.violations());
  }

  async call<T>(worker: string, method: string, args: object): Promise<T> {
    const reply = await this.page.evaluate(
      ([name, what, given]) => globalThis.harness.call(name, what, given),
      [worker, method, args] as const,
    );
    return valueOf<T>(reply, method, args);
  }

  /** The worker dies as soon as its answer is there. */
  async callThenKill<T>(worker: string, method: string, args: object): Promise<T> {
    const reply = await this.page.evaluate(
      ([name, what, given]) => globalThis.harness.callThenKill(name, what, given),
      [worker, method, args] as const,
    );
    return valueOf<T>(reply, method, args);
  }
}

function valueOf<T>(reply: Reply, method: string, args: object): T {
  if ('error' in reply) {
    const failed = new Failed(`${method} ${JSON.stringify(args).slice(0, 200)}: ${reply.text}`);
    failed.name = reply.error;
    throw failed;
  }
  return reply.value as T;
}

export class Harness {
  readonly delivery = new DeliveryService();
  readonly complaints: string[] = [];
  readonly #server: Server;
  readonly #context: BrowserContext;
  readonly #folder: string;

  private constructor(server: Server, context: BrowserContext, folder: string) {
    this.#server = server;
    this.#context = context;
    this.#folder = folder;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<Harness> {
    const folder = await mkdtemp(join(tmpdir(), 'crypho-mls-'));
    await build({
      root: import.meta.dirname,
      configFile: false,
      logLevel: 'error',
      worker: { format: 'es' },
      build: {
        outDir: join(folder, 'site'),
        emptyOutDir: true,
        target: 'es2023',
        modulePreload: { polyfill: false },
      },
    });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: '/usr/bin/chromium',
      args: CHROMIUM_FLAGS,
    });
    return new Harness(server, context, folder);
  }

  async tab(): Promise<Tab> {
    const page = await this.#context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    await page.goto(`http://127.0.0.1:${address.port}/index.html`);
    await page.waitForFunction(() => 'harness' in globalThis);
    return new Tab(page);
  }

  async stop(): Promise<void> {
    await this.#context.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/ds/commit') return this.#submit(request, response);
    try {
      const body = await readFile(join(this.#folder, 'site', path.replaceAll('..', '')));
      response.writeHead(200, {
        'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
        'content-security-policy': CSP,
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-embedder-policy': 'require-corp',
        'cache-control': 'max-age=3600',
      });
      response.end(body);
    } catch {
      response.writeHead(404, { 'content-security-policy': CSP }).end();
    }
  }

  async #submit(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const submission = JSON.parse(Buffer.concat(chunks).toString()) as Submission;
    const fault = this.delivery.fault(submission);
    if (fault === 'drop-request') {
      request.socket.destroy();
      return;
    }
    const answer = await this.delivery.arrive(submission);
    if (fault === 'hang') return;
    if (fault === 'drop-answer') {
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  }
}
