import { ENGINES } from '../support/compute.ts';
import { seed } from '../support/random.ts';
import { runDraws } from './run-draws.ts';

/** For each of four families on each of three engines. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1000);

for (const engine of [...ENGINES, 'onnxruntime'] as const) runDraws(engine, RUNS, seed);
