import path from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.ts';

/** Files that can share a process, and its tensor engine, with others: each chooses its engine, and leaves the process as it was. */
const TOGETHER = [
  ...['errors', 'evaluation', 'flow', 'frames', 'laws', 'models', 'onnx', 'pipelines', 'preprocess', 'sinks'],
  ...['stage', 'stages', 'tasks', 'timing', 'training'],
].map((folder) => `test/${folder}/**/*.test.ts`);
/** Those that can't: they need a fresh process, or change a clock. */
const FRESH = [
  'test/flow/gate/schedules.test.ts',
  'test/preprocess/digit/loading.test.ts',
  'test/timing/{timing-report,user-timing}.test.ts',
  'test/training/gradients/own-stages.test.ts',
];
const IN_OTHER_SUITES = ['test/{browser,bundlers,consumer,demo}/**'];

export default defineConfig({
  // The tests run the sources: tsconfig.json maps `sluice` to src/index.ts.
  resolve: { tsconfigPaths: true },
  test: {
    globalSetup: 'test/support/run-folder.ts',
    setupFiles: ['test/support/file-folder.ts'],
    // Safety nets: long enough for a machine that runs the tests of several clones at the same time.
    testTimeout: 120_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 20_000 } },
    // Sluice turns ONNX Runtime's telemetry off; some tests load ONNX Runtime without sluice.
    // Processes that a test starts in another folder run the sources too: tsx reads the paths from this file.
    env: { ORT_DISABLE_TELEMETRY: '1', TSX_TSCONFIG_PATH: path.resolve('tsconfig.json') },
    // Two processes at a time.
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'apart',
          // Each file has a process of its own, because the tensor engine is one per process.
          include: ['test/**/*.test.ts'],
          exclude: [...IN_OTHER_SUITES, ...TOGETHER],
          typecheck: { enabled: true, include: ['test/types/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
        },
      },
      { extends: true, test: { name: 'fresh', include: FRESH } },
      {
        extends: true,
        // To load the modules anew for each file would take longer than many of the tests.
        test: {
          name: 'together',
          include: TOGETHER,
          exclude: FRESH,
          isolate: false,
          // Lists are joined with those of all projects; a name alone would take their place.
          setupFiles: ['test/support/shared-process.ts'],
        },
      },
    ],
  },
});
