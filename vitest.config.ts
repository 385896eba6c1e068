import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  // The tests run the sources: tsconfig.json maps `sluice` to src/index.ts.
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/browser/**', 'test/consumer/**', 'test/demo/**'],
    typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Sluice turns ONNX Runtime's telemetry off; some tests load ONNX Runtime without sluice.
    // Processes that a test starts in another folder run the sources too: tsx reads the paths from this file.
    env: { ORT_DISABLE_TELEMETRY: '1', TSX_TSCONFIG_PATH: path.resolve('tsconfig.json') },
    // Each test file has a process of its own, because the tensor engine is process-wide. Two run at a time, on any
    // machine: the tests start processes and threads themselves.
    pool: 'forks',
    maxWorkers: 2,
  },
});
