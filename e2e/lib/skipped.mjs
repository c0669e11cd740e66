/** Thrown by a journey that this machine cannot run; it counts neither as passed nor as failed. */
export class Skipped extends Error {}
