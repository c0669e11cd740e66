/**
 * The library keeps its encrypted SQLite files as blocks in one IndexedDB for the whole origin, works on a copy in memory
 * and writes changes back in the background. These two functions are what it does not offer.
 */
const IDB = 'core-crypto';
const STORE = 'blocks';

/**
 * Resolves once what the library has written so far is in IndexedDB. Its background task starts a transaction for each
 * commit, and IndexedDB runs read-write transactions on one store in the order of their start: so one of ours, started
 * after giving that task its turn, ends after them. Twice, for a commit that waited for the one before.
 */
export async function flush(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    await nextTask();
    await withBlocks(async (store, ended) => {
      store.count();
      await ended;
    });
  }
}

/** Deletes a database's blocks, and the empty database that the library's migration check leaves behind. */
export async function deleteDatabase(name: string): Promise<void> {
  await withBlocks(async (store, ended) => {
    store.delete(IDBKeyRange.bound([name], [name, []]));
    await ended;
  });
  await done(indexedDB.deleteDatabase(name));
}

async function withBlocks(
  run: (store: IDBObjectStore, ended: Promise<void>) => Promise<void>,
): Promise<void> {
  const open = indexedDB.open(IDB);
  // Before the library has made it: leave it unmade.
  open.onupgradeneeded = () => open.transaction?.abort();
  let database: IDBDatabase;
  try {
    database = await done(open);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    throw error;
  }
  try {
    const transaction = database.transaction(STORE, 'readwrite');
    const ended = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
    });
    await run(transaction.objectStore(STORE), ended);
  } finally {
    database.close();
  }
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'));
  });
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
