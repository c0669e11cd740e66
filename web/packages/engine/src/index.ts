export * from './api.ts';
export { connect } from './connect.ts';
export type { EngineWorker } from './connect.ts';
