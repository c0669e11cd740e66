import { describe, expect, test } from 'vitest';
import type { CommandName, EngineMessage, PageMessage } from '../src/api.ts';
import { makeElection } from '../src/election.ts';
import type { Action, BusMessage, Election, Input } from '../src/election.ts';
import { seeded } from './sim/client.ts';

interface Tab {
  readonly id: string;
  readonly election: Election;
  readonly seen: EngineMessage[];
  isAlive: boolean;
  hasHost: boolean;
}

/** Tabs, one lock, one channel; the host answers every command with its nonce, and remembers it. */
class TabWorld {
  readonly tabs: Tab[] = [];
  readonly queue: (() => void)[] = [];
  readonly waiting: Tab[] = [];
  readonly done: string[] = [];
  /** How often each was carried out. */
  readonly carried = new Map<string, number>();
  readonly heard: PageMessage[] = [];
  readonly watched = new Map<string, Tab[]>();
  holder: Tab | undefined;
  /** Of owners. */
  deaths = 0;
  readonly #random: (length: number) => Uint8Array;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  pick(below: number): number {
    const [a = 0, b = 0] = this.#random(2);
    return (a * 256 + b) % below;
  }

  open(): Tab {
    const id = `tab${this.tabs.length}`;
    const election = makeElection(id, 1);
    const tab: Tab = { id, election, seen: [], isAlive: true, hasHost: false };
    this.tabs.push(tab);
    this.input(tab, { kind: 'started' });
    return tab;
  }

  input(tab: Tab, input: Input): void {
    if (!tab.isAlive) return;
    for (const action of tab.election.handle(input)) this.act(tab, action);
  }

  later(work: () => void): void {
    this.queue.push(work);
  }

  act(tab: Tab, action: Action): void {
    switch (action.kind) {
      case 'ask-lock':
        this.waiting.push(tab);
        this.later(() => this.grant());
        return;
      case 'start-host':
        tab.hasHost = true;
        return;
      case 'post':
        this.post(tab, action.message);
        return;
      case 'to-page':
        tab.seen.push(action.message);
        return;
      case 'to-host':
        this.later(() => this.host(tab, action.tab, action.message));
        return;
      case 'watch-tab':
        this.watched.set(action.tab, [...(this.watched.get(action.tab) ?? []), tab]);
        return;
      case 'close-tab':
        return;
    }
  }

  post(from: Tab, message: BusMessage): void {
    for (const other of this.tabs)
      if (other !== from) this.later(() => this.input(other, { kind: 'bus', message }));
  }

  host(owner: Tab, tab: string, message: PageMessage): void {
    if (!owner.isAlive || !owner.hasHost) return;
    this.heard.push(message);
    if (message.type === 'subscribe') {
      const value = owner.id;
      this.input(owner, { kind: 'host', tab, message: { type: 'value', id: message.id, value } });
    }
    if (message.type !== 'command') return;
    // Carried out; the answer is a step of its own, in which the owner may die.
    const { id, nonce } = message;
    if (!this.done.includes(nonce)) this.done.push(nonce);
    this.carried.set(nonce, (this.carried.get(nonce) ?? 0) + 1);
    const answer = { type: 'result', id, value: nonce } as const;
    this.later(() => this.input(owner, { kind: 'host', tab, message: answer }));
  }

  grant(): void {
    if (this.holder?.isAlive === true) return;
    const next = this.waiting.find((tab) => tab.isAlive);
    if (next === undefined) return;
    this.waiting.splice(this.waiting.indexOf(next), 1);
    this.holder = next;
    this.input(next, { kind: 'lock-granted' });
  }

  kill(tab: Tab): void {
    tab.isAlive = false;
    if (tab === this.holder) this.deaths++;
    for (const watcher of this.watched.get(tab.id) ?? [])
      this.later(() => this.input(watcher, { kind: 'tab-died', tab: tab.id }));
    this.later(() => this.grant());
  }

  runUntil(isSo: () => boolean): void {
    while (!isSo() && this.queue.length > 0) this.run(1);
  }

  /** Any order, but what one tab posts arrives in order: one queue is a valid one. */
  run(steps = Number.POSITIVE_INFINITY): void {
    for (let i = 0; i < steps; i++) {
      const work = this.queue.shift();
      if (work === undefined) return;
      work();
    }
  }
}

function send(world: TabWorld, tab: Tab, id: number, name: CommandName = 'message.send'): string {
  const nonce = `${tab.id}/${id}`;
  const message = { type: 'command', id, name, args: {}, nonce } as const;
  world.input(tab, { kind: 'page', message });
  return nonce;
}

describe('one owner over several tabs', () => {
  test.each(Array.from({ length: 300 }, (_, i) => i + 1))('seed %i', (seed) => {
    const world = new TabWorld(seed);
    const asked: { tab: Tab; id: number; nonce: string }[] = [];
    for (let step = 0; step < 60; step++) {
      const alive = world.tabs.filter((tab) => tab.isAlive);
      const tab = alive[world.pick(Math.max(1, alive.length))];
      const dice = world.pick(10);
      if (tab === undefined || (dice === 0 && alive.length < 5)) {
        const made = world.open();
        const message = { type: 'subscribe', id: 0, query: 'session', args: {} } as const;
        world.input(made, { kind: 'page', message });
      } else if (dice === 1) world.kill(tab);
      else if (dice < 6) {
        const id = 1 + asked.length;
        asked.push({ tab, id, nonce: send(world, tab, id) });
      }
      world.run(world.pick(12));
      const owners = world.tabs.filter((each) => each.isAlive && each.election.role() === 'owner');
      expect(owners.length).toBeLessThanOrEqual(1);
    }
    if (world.tabs.every((tab) => !tab.isAlive)) world.open();
    world.run();
    const owners = world.tabs.filter((tab) => tab.isAlive && tab.election.role() === 'owner');
    expect(owners).toHaveLength(1);
    for (const { tab, id, nonce } of asked.filter((each) => each.tab.isAlive)) {
      const given = [...results(tab), ...failures(tab)].filter(([of]) => of === id);
      // Answered, unless three owners in a row died while at it.
      if (world.deaths < 3) expect(given).toContainEqual([id, nonce]);
      else expect([nonce, 'interrupted']).toContain(given[0]?.[1]);
    }
    for (const tab of world.tabs.filter((each) => each.isAlive && each.seen.length > 0)) {
      const values = tab.seen.filter((m) => m.type === 'value');
      const last = values.at(-1);
      if (last?.type === 'value') expect(last.value).toBe(owners[0]?.id);
    }
  });

  test('a command that must not run twice fails as interrupted when its owner dies', () => {
    const { world, owner, tab } = twoTabs();
    send(world, tab, 1, 'passphrase.change');
    world.kill(owner);
    world.run();
    expect(failures(tab)).toEqual([[1, 'interrupted']]);
  });

  test('one that no owner was asked yet is asked of the first', () => {
    const world = new TabWorld(1);
    const tab = world.open();
    const nonce = send(world, tab, 1, 'passphrase.change');
    world.run();
    expect(world.carried.get(nonce)).toBe(1);
    expect(failures(tab)).toEqual([]);
  });

  test('an answer of the owner that went still counts when it comes late', () => {
    const { world, owner, tab } = twoTabs();
    send(world, tab, 1, 'passphrase.change');
    // Carried out and answered; the answer is overtaken by the death.
    const late = { kind: 'to-tab', owner: owner.id, to: tab.id } as const;
    const other = world.open();
    world.kill(owner);
    world.input(tab, { kind: 'bus', message: { ...late, message: result(1, 'done') } });
    world.run();
    expect(results(tab)).toEqual([[1, 'done']]);
    expect(failures(tab)).toEqual([]);
    expect(other.isAlive).toBe(true);
  });

  test('one command does not end owner after owner', () => {
    const { world, owner, tab } = twoTabs();
    const others = [world.open(), world.open(), world.open(), world.open()];
    world.run();
    const nonce = send(world, tab, 1);
    world.kill(owner);
    // Each one that takes over dies of it.
    for (let deaths = 0; deaths < 6; deaths++) {
      world.runUntil(() => world.holder?.isAlive === true && world.holder !== tab);
      if (world.holder !== undefined && others.includes(world.holder)) world.kill(world.holder);
    }
    world.run();
    expect(world.carried.get(nonce) ?? 0).toBeLessThanOrEqual(3);
    expect([...results(tab), ...failures(tab)]).toHaveLength(1);
  });

  test('a timeline is widened again at the next owner', () => {
    const { world, owner, tab } = twoTabs();
    const open = { type: 'subscribe', id: 7, query: 'timeline', args: {} } as const;
    world.input(tab, { kind: 'page', message: open });
    const extend = { type: 'timeline.extend', id: 7, direction: 'older', count: 60 } as const;
    const latest = { ...extend, direction: 'latest' } as const;
    for (const message of [extend, extend, latest, extend])
      world.input(tab, { kind: 'page', message });
    world.run();
    world.heard.length = 0;
    world.kill(owner);
    world.run();
    expect(world.heard).toEqual([open, latest, extend]);
  });
});

function twoTabs(): { world: TabWorld; owner: Tab; tab: Tab } {
  const world = new TabWorld(1);
  const owner = world.open();
  world.run();
  const tab = world.open();
  world.run();
  return { world, owner, tab };
}

function result(id: number, value: string): EngineMessage {
  return { type: 'result', id, value };
}

function results(tab: Tab): readonly (readonly [number, unknown])[] {
  return tab.seen.flatMap((m) => (m.type === 'result' ? [[m.id, m.value] as const] : []));
}

function failures(tab: Tab): readonly (readonly [number, string])[] {
  return tab.seen.flatMap((m) => (m.type === 'failure' ? [[m.id, m.failure.code] as const] : []));
}
