import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The tests run the sources: `sluice` resolves to src/index.ts, as it does for the compiler.
  resolve: { conditions: ['sluice-source'] },
  ssr: { resolve: { conditions: ['sluice-source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/demo/**'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: two files at a time, each in a process of its own (the tensor engine is process-wide).
    pool: 'forks',
    maxWorkers: 2,
  },
});
