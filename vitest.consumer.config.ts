import { defineConfig } from 'vitest/config';

// The package as it is published, in a project that installs it. `npm run test:consumer` builds it first.
export default defineConfig({
  test: {
    include: ['test/consumer/**/*.test.ts'],
    globalSetup: 'test/consumer/install.ts',
    testTimeout: 600_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
