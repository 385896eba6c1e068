import { defineConfig } from 'vitest/config';

// The package as it is published, in projects of other bundlers and test runners. `npm run test:bundlers` builds it first.
// `npm test` leaves these out: they install about 1 GB.
export default defineConfig({
  test: {
    include: ['test/bundlers/**/*.test.ts'],
    globalSetup: 'test/bundlers/pack-once.ts',
    testTimeout: 600_000,
    hookTimeout: 600_000,
    pool: 'forks',
    // One bundler at a time.
    maxWorkers: 1,
  },
});
