/** A seeded world: people, their browsers, and what must hold once the network is well again. */
import { base64, utf8 } from '@crypho/vault';
import type { Storage } from '@crypho/vault';
import { expect } from 'vitest';
import type { CommandName, Commands, MessageItem, TimelineItem } from '../../src/api.ts';
import { SimBrowser, seeded } from './client.ts';
import type { SimTab } from './client.ts';
import { NO_FAULTS, SimServer } from './server.ts';
import { VirtualTime } from './virtual.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** What an edit appends: the text before it is still how a message is known here. */
const EDITED = ' *';

function texts(items: readonly TimelineItem[]): string[] {
  return items
    .filter((item) => item.kind === 'message')
    .map((item) => (item.body.kind === 'text' ? item.body.text : `<${item.body.kind}>`))
    .map((text) => text.replaceAll(EDITED, ''));
}

function watch(tab: SimTab, conversationId: string) {
  return {
    timeline: tab.list('timeline', { conversationId, around: 'latest' }),
    conversations: tab.list('conversations', {}),
  };
}

export class Dice {
  readonly #bytes: (length: number) => Uint8Array;
  constructor(seed: number) {
    this.#bytes = seeded(seed);
  }
  /** [0, 1) */
  share(): number {
    const [a = 0, b = 0] = this.#bytes(2);
    return (a * 256 + b) / 65_536;
  }
  below(limit: number): number {
    return Math.floor(this.share() * limit);
  }
  chance(share: number): boolean {
    return this.share() < share;
  }
}

/** A browser whose worker may die at any write: before it took effect, or after. */
export class Machine {
  readonly browser: SimBrowser;
  readonly name: string;
  tab: SimTab;
  views: ReturnType<typeof watch> | undefined;
  #looksAt: string | undefined;
  writes = 0;
  /** At which write it dies, and on which side of it. */
  crashAt: { readonly write: number; readonly isAfter: boolean } | undefined;
  isDead = false;
  #life = 0;
  /** Commands whose answer came. */
  readonly said: string[] = [];
  /** Commands that died unanswered: done or not. */
  readonly unsure: string[] = [];

  constructor(name: string, browser: SimBrowser) {
    this.name = name;
    this.browser = browser;
    browser.wrap = (storage) => this.#dying(storage);
    this.tab = browser.start();
  }

  #dying(storage: Storage): Storage {
    const never = new Promise<never>(() => undefined);
    const life = this.#life;
    const alive = <T>(work: () => Promise<T>): Promise<T> =>
      this.isDead || life !== this.#life ? never : work();
    return {
      get: (key) => alive(() => storage.get(key)),
      getMany: (keys) => alive(() => storage.getMany(keys)),
      range: (range) => alive(() => storage.range(range)),
      write: (writes) =>
        alive(async () => {
          const at = ++this.writes;
          const crash = this.crashAt;
          if (crash === undefined || crash.write !== at) return storage.write(writes);
          if (crash.isAfter) await storage.write(writes);
          this.crashAt = undefined;
          this.die();
          return never;
        }),
      close: () => alive(() => storage.close()),
      destroy: () => alive(() => storage.destroy()),
    };
  }

  /** Nothing of this worker does anything any more. */
  die(): void {
    this.isDead = true;
    this.#life++;
    this.browser.kill();
    this.browser.server.cutSockets(this.browser.cookie.device);
  }

  restart(): void {
    if (!this.isDead) this.die();
    this.isDead = false;
    this.tab = this.browser.start();
    this.look();
  }

  /** Shows lists as a page does, from now on. */
  look(conversationId = this.#looksAt): void {
    this.#looksAt = conversationId;
    if (conversationId !== undefined) this.views = watch(this.tab, conversationId);
  }

  /** Some message that is shown and stored. */
  some(dice: Dice): MessageItem | undefined {
    const items = (this.views?.timeline.items() ?? [])
      .filter((item) => item.kind === 'message')
      .filter((item) => item.seq > 0 && item.body.kind === 'text');
    return items[dice.below(Math.max(1, items.length))];
  }
}

export class World {
  readonly time = new VirtualTime();
  readonly dice: Dice;
  readonly server: SimServer;
  readonly machines: Machine[] = [];
  readonly seed: number;
  conversationId = '';

  constructor(seed: number) {
    this.seed = seed;
    this.dice = new Dice(seed);
    this.server = new SimServer(
      () => this.time.now(),
      () => this.time.pause(1 + this.dice.below(60)),
    );
  }

  async until(what: string, isDone: () => boolean, withinMs = 20 * MINUTE): Promise<void> {
    if (!(await this.time.runUntil(isDone, withinMs)))
      throw new Error(`seed ${this.seed}: not within ${withinMs / MINUTE} min: ${what}`);
  }

  async must<N extends CommandName>(
    machine: Machine,
    name: N,
    args: Commands[N]['in'],
  ): Promise<Commands[N]['out']> {
    let out: { value: Commands[N]['out'] } | { error: unknown } | undefined;
    machine.tab.must(name, args).then(
      (value) => {
        out = { value };
      },
      (error: unknown) => {
        out = { error };
      },
    );
    await this.until(name, () => out !== undefined);
    if (out === undefined || 'error' in out)
      throw new Error(`seed ${this.seed}: ${name}`, { cause: out?.error });
    return out.value;
  }

  machine(name: string): Machine {
    const browser = new SimBrowser(this.server, this.seed * 16 + this.machines.length, this.time);
    const machine = new Machine(name, browser);
    this.machines.push(machine);
    return machine;
  }

  async ready(machine: Machine): Promise<void> {
    await this.until('ready', () => machine.tab.session.state().kind === 'signed-in');
  }

  async signUp(name: string): Promise<Machine> {
    const machine = this.machine(name);
    const email = `${name}@example.org`;
    await this.must(machine, 'signup.start', { email, language: 'en' });
    await this.must(machine, 'signup.complete', {
      token: base64(utf8(email)),
      displayName: name,
      language: 'en',
      passphrase: `${name} likes long walks`,
      totpCode: '000000',
      isSharedComputer: false,
    });
    await this.ready(machine);
    return machine;
  }

  async logIn(name: string): Promise<Machine> {
    const machine = this.machine(name);
    await this.must(machine, 'login.start', {
      email: `${name}@example.org`,
      passphrase: `${name} likes long walks`,
    });
    await this.must(machine, 'login.complete', { code: '000000', isSharedComputer: false });
    await this.ready(machine);
    return machine;
  }

  async pair(): Promise<readonly [Machine, Machine]> {
    const anna = await this.signUp('anna');
    const bo = await this.signUp('bo');
    const [a, b] = [anna, bo].map((each) => each.tab.session.account().accountId);
    if (a === undefined || b === undefined) throw new Error('no accounts');
    this.server.befriend(a, b);
    const opened = await this.must(anna, 'conversation.openDirect', { accountId: b });
    if (opened.kind !== 'opened') throw new Error(opened.kind);
    this.conversationId = opened.conversationId;
    await this.until('both know it', () =>
      [anna, bo].every(
        ({ tab }) =>
          tab.session.runtime().context.store.get(this.conversationId)?.mls?.epoch ===
          this.server.conversations.get(this.conversationId)?.epoch,
      ),
    );
    for (const machine of [anna, bo]) machine.look(this.conversationId);
    return [anna, bo];
  }

  /** Says something, and notes whether it was taken on. */
  say(machine: Machine, text: string): void {
    if (machine.isDead) return;
    const { conversationId } = this;
    machine.unsure.push(text);
    machine.tab.must('message.send', { conversationId, text }).then(
      () => {
        machine.unsure.splice(machine.unsure.indexOf(text), 1);
        machine.said.push(text);
      },
      () => undefined,
    );
  }

  /** The network is well, every browser open: in the end all is said, once, in order, and the same everywhere. */
  async converge(): Promise<void> {
    this.server.faults = NO_FAULTS;
    for (const machine of this.machines) {
      machine.crashAt = undefined;
      machine.browser.isOnline = true;
      if (machine.isDead) machine.restart();
      else this.server.cutSockets(machine.browser.cookie.device);
    }
    for (const machine of this.machines) await this.ready(machine);
    const { conversationId } = this;
    const views = this.machines.map((machine) => {
      if (machine.views === undefined) machine.look(conversationId);
      if (machine.views === undefined) throw new Error('nothing is shown');
      return machine.views.timeline;
    });
    const said = this.machines.flatMap((machine) => machine.said);
    const log = (): number => this.server.conversations.get(conversationId)?.log.length ?? 0;
    const isCalm = (): boolean =>
      this.machines.every(({ tab }) => {
        const { context } = tab.session.runtime();
        const state = context.store.get(conversationId);
        return (
          context.outbox.waiting() === 0 &&
          state?.head.lastSeq === log() &&
          state.missingKeys.length === 0 &&
          state.ranges.length === 1
        );
      }) &&
      views.every((view) => said.every((text) => texts(view.items()).includes(text))) &&
      views.every(
        (view) => texts(view.items()).join('|') === texts(views[0]?.items() ?? []).join('|'),
      );
    await this.until(
      `calm\n${this.describe(views.map((view) => view.items()))}`,
      isCalm,
      DAY,
    ).catch((error: unknown) => {
      throw new Error(
        `${String(error).split('\n')[0]}\n${this.describe(views.map((view) => view.items()))}`,
      );
    });
    const shown = texts(views[0]?.items() ?? []);
    for (const machine of this.machines) {
      const mine = shown.filter((text) => text.startsWith(`${machine.name} `));
      expect(new Set(mine).size, `seed ${this.seed}: nothing twice`).toBe(mine.length);
      const certain = mine.filter((text) => machine.said.includes(text));
      expect(certain, `seed ${this.seed}: all of it, in order`).toEqual(machine.said);
      const stray = mine.filter(
        (text) => !machine.said.includes(text) && !machine.unsure.includes(text),
      );
      expect(stray, `seed ${this.seed}: nothing invented`).toEqual([]);
    }
    expect(shown.filter((text) => text.startsWith('<'))).toEqual([]);
    await this.compare();
  }

  /** Patches applied to what was shown first make what is shown to one who asks now. */
  async compare(): Promise<void> {
    await this.time.run(MINUTE);
    const fresh = this.machines.map(({ tab }) => watch(tab, this.conversationId));
    await this.time.run(MINUTE);
    for (const [i, machine] of this.machines.entries()) {
      const name = `seed ${this.seed}: ${machine.name}`;
      expect(machine.views?.timeline.items(), name).toEqual(fresh[i]?.timeline.items());
      expect(machine.views?.conversations.items(), name).toEqual(fresh[i]?.conversations.items());
      expect(fresh[i]?.timeline.items().length, name).toBeGreaterThan(0);
    }
  }

  describe(views: readonly (readonly TimelineItem[])[]): string {
    const of = (machine: Machine, i: number): string => {
      const { context } = machine.tab.session.runtime();
      const state = context.store.get(this.conversationId);
      const { mls, head, ranges, missingKeys } = state ?? {};
      return JSON.stringify({
        name: machine.name,
        said: machine.said,
        sees: texts(views[i] ?? []),
        outbox: context.outbox.items(this.conversationId).map((item) => item.fate),
        mls,
        head,
        ranges,
        missingKeys,
      });
    };
    const conversation = this.server.conversations.get(this.conversationId);
    const { epoch, generation, pending, leaves, log } = conversation ?? {};
    return [
      JSON.stringify({
        epoch,
        generation,
        pending: pending?.size,
        leaves: leaves?.size,
        log: log?.length,
      }),
      ...this.machines.map(of),
    ].join('\n');
  }

  stop(): void {
    for (const machine of this.machines) machine.browser.kill();
  }
}
