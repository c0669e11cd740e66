import './packages/engine/test/node20.ts';
import { defineConfig } from 'vitest/config';

// `npm test` runs every package's tests together; each package's own settings are for running it alone.
export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.{ts,tsx}', 'app/test/**/*.test.ts'],
    testTimeout: 30_000,
  },
});
