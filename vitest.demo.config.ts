import { defineConfig } from 'vitest/config';

// The built page, in a Chromium that Playwright drives.
export default defineConfig({
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/demo/**/*.test.ts'],
    globalSetup: ['test/support/run-folder.ts', 'test/demo/build-once.ts'],
    setupFiles: 'test/support/file-folder.ts',
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
    pool: 'forks',
    maxWorkers: 1,
  },
});
