/** Time as an argument: the app gives the browser's, tests a simulated one. */
export interface Clock {
  now(): number;
  /** Runs `act` once after `ms`; the answer cancels it. */
  after(ms: number, act: () => void): () => void;
}
