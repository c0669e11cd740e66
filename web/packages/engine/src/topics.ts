/** Who wants to know that what changed: a set of topic names, told in batches. */
import type { Clock } from './platform.ts';

const BATCH_MS = 50;

export interface Topics {
  changed(...topics: readonly string[]): void;
  /** `run` is called at most once in 50 ms, after one of `topics` changed. */
  watch(topics: readonly string[], run: () => void): () => void;
}

interface Watcher {
  readonly topics: ReadonlySet<string>;
  readonly run: () => void;
}

export function makeTopics(clock: Clock): Topics {
  const watchers = new Set<Watcher>();
  const dirty = new Set<Watcher>();
  let scheduled = false;
  let quietUntil = 0;

  function flush(): void {
    scheduled = false;
    quietUntil = clock.now() + BATCH_MS;
    const due = [...dirty];
    dirty.clear();
    for (const watcher of due) if (watchers.has(watcher)) watcher.run();
  }

  return {
    changed: (...topics) => {
      for (const watcher of watchers)
        if (topics.some((topic) => watcher.topics.has(topic))) dirty.add(watcher);
      if (dirty.size === 0 || scheduled) return;
      scheduled = true;
      // At once where nothing was told lately: a message must not wait for a batch of one.
      const wait = quietUntil - clock.now();
      clock.after(wait > 0 && wait <= BATCH_MS ? wait : 0, flush);
    },
    watch: (topics, run) => {
      const watcher = { topics: new Set(topics), run };
      watchers.add(watcher);
      return () => {
        watchers.delete(watcher);
        dirty.delete(watcher);
      };
    },
  };
}

export const TOPIC = {
  session: 'session',
  connection: 'connection',
  profile: 'profile',
  settings: 'settings',
  conversations: 'conversations',
  contacts: 'contacts',
  devices: 'devices',
  people: 'people',
  conversation: (id: string): string => `conversation/${id}`,
  timeline: (id: string): string => `timeline/${id}`,
  typing: (id: string): string => `typing/${id}`,
  draft: (id: string): string => `draft/${id}`,
} as const;
