/** What a view needs of a view model: a value to show, word when it changes, and what can be done. */
export interface Model<Snapshot, Actions> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): Snapshot;
  readonly actions: Actions;
  dispose(): void;
}

export interface Store<S> {
  get(): S;
  set(next: S): void;
  patch(part: Partial<S>): void;
  subscribe(listener: () => void): () => void;
}

export function createStore<S extends object>(initial: S): Store<S> {
  let state = initial;
  const listeners = new Set<() => void>();
  const set = (next: S): void => {
    if (Object.is(next, state)) return;
    state = next;
    for (const listener of Array.from(listeners)) listener();
  };
  return {
    get: () => state,
    set,
    patch: (part) => set({ ...state, ...part }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A view model out of a store, its actions, and what must be let go of with it. */
export function createModel<S extends object, A>(
  store: Store<S>,
  actions: A,
  releases: readonly (() => void)[] = [],
): Model<S, A> {
  return {
    subscribe: store.subscribe,
    getSnapshot: store.get,
    actions,
    dispose() {
      for (const release of releases) release();
    },
  };
}
