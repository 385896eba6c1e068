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
    // Tests load ONNX Runtime itself, too; sluice sees to it where it is the one that does.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    pool: 'forks',
    maxWorkers: 2,
  },
});
