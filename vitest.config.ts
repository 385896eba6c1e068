import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The tests run the sources: tsconfig.json maps `sluice` to src/index.ts.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/run-folder.ts',
    setupFiles: 'test/support/file-folder.ts',
    exclude: ['test/{browser,bundlers,consumer,demo}/**'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    // Safety nets: long enough for a machine that runs the tests of several clones at the same time.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
    // Sluice turns ONNX Runtime's telemetry off; some tests load ONNX Runtime without sluice.
    // Processes that a test starts in another folder run the sources too: tsx reads the paths from this file.
    env: { ORT_DISABLE_TELEMETRY: '1', TSX_TSCONFIG_PATH: path.resolve('tsconfig.json') },
    // Each test file runs in its own process, because the tensor engine is one per process. Two run at a time.
    pool: 'forks',
    maxWorkers: 2,
  },
});
