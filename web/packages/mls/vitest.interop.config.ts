import './test/node20.ts';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/interop/*.interop.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
