import { Busy } from './errors.ts';

/**
 * One engine a database, over all tabs: two of them would fork its groups without noticing. Resolves with what
 * lets go; the browser lets go by itself when the worker dies.
 */
export async function hold(database: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(`mls:${database}`, { ifAvailable: true }, (lock) => {
        if (lock === null) {
          reject(new Busy());
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}
