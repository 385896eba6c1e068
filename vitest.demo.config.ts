import { defineConfig } from 'vitest/config';

// The built page, in a Chromium that Playwright drives.
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/demo/**/*.test.ts'],
    testTimeout: 90_000,
    hookTimeout: 120_000,
    pool: 'forks',
    maxWorkers: 1,
  },
});
