import { ENGINES } from '../support/compute.ts';
import { runDraws } from './run-draws.ts';

/** `FUZZ_SEED=… npx vitest run test/conformance/fuzz.test.ts` draws the same again. */
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** For each of four families on each of three engines. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1000);

for (const engine of [...ENGINES, 'onnxruntime'] as const) runDraws(engine, RUNS, seed);
