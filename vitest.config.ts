import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The tests run the sources: `sluice` resolves to src/index.ts, as it does for the compiler.
  resolve: { conditions: ['sluice-source'] },
  ssr: { resolve: { conditions: ['sluice-source', 'node', 'import', 'default'] } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/run-folder.ts',
    setupFiles: 'test/support/file-folder.ts',
    exclude: ['test/browser/**', 'test/demo/**'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    // Safety nets: long enough for a machine that runs the tests of several clones at the same time.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
    // Some tests load ONNX Runtime themselves. When sluice loads it, sluice turns its telemetry off.
    env: { ORT_DISABLE_TELEMETRY: '1' },
    // Each test file runs in its own process, because the tensor engine is one per process. Two run at a time.
    pool: 'forks',
    maxWorkers: 2,
  },
});
