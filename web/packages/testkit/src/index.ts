export * from './clock.ts';
export * from './engine.ts';
export * from './scenarios.ts';
export * from './world.ts';
