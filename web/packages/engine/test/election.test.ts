import { describe, expect, test } from 'vitest';
import type { EngineMessage, PageMessage } from '../src/api.ts';
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
  readonly watched = new Map<string, Tab[]>();
  holder: Tab | undefined;
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
        this.later(() => this.host(tab, action.tab, action.message, action.nonce));
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

  host(owner: Tab, tab: string, message: PageMessage, nonce: string | undefined): void {
    if (!owner.isAlive || !owner.hasHost) return;
    if (message.type === 'subscribe') {
      const value = owner.id;
      this.input(owner, { kind: 'host', tab, message: { type: 'value', id: message.id, value } });
    }
    if (message.type !== 'command') return;
    // Carried out; the answer is a step of its own, in which the owner may die.
    if (nonce !== undefined && !this.done.includes(nonce)) this.done.push(nonce);
    const answer = { type: 'result', id: message.id, value: nonce } as const;
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
    for (const watcher of this.watched.get(tab.id) ?? [])
      this.later(() => this.input(watcher, { kind: 'tab-died', tab: tab.id }));
    this.later(() => this.grant());
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

function send(world: TabWorld, tab: Tab, id: number): string {
  const nonce = `${tab.id}/${id}`;
  const message = { type: 'command', id, name: 'message.send', args: {} } as const;
  world.input(tab, { kind: 'page', message, nonce });
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
        world.input(made, { kind: 'page', message, nonce: '' });
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
      expect(world.done).toContain(nonce);
      const answers = tab.seen.filter((m) => m.type === 'result' && m.id === id);
      expect(answers.map((m) => (m.type === 'result' ? m.value : ''))).toContain(nonce);
    }
    for (const tab of world.tabs.filter((each) => each.isAlive && each.seen.length > 0)) {
      const values = tab.seen.filter((m) => m.type === 'value');
      const last = values.at(-1);
      if (last?.type === 'value') expect(last.value).toBe(owners[0]?.id);
    }
  });

  test('a command that must not run twice fails when its owner dies', () => {
    const world = new TabWorld(1);
    const owner = world.open();
    world.run();
    const tab = world.open();
    world.run();
    const message = { type: 'command', id: 1, name: 'group.create', args: {} } as const;
    world.input(tab, { kind: 'page', message, nonce: 'n' });
    world.kill(owner);
    world.run();
    expect(tab.seen).toContainEqual({
      type: 'failure',
      id: 1,
      failure: { code: 'unavailable' },
    });
  });
});
