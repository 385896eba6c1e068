import { availableParallelism, totalmem } from 'node:os';
import type { NetworkChoice } from '../models/named-network.ts';
import { loadPipeline } from '../models/named-network.ts';

/** What a process of Node with tfjs and a decoder take, beside the weights. */
const PROCESS_BYTES = 400e6;
/** The weights as they were read, and as the engine packs them. */
const COPIES = 3;

/** A quarter of the machine's. */
export function defaultMemory(): number {
  return totalmem() / 4;
}

/** As many workers as there are cores, each with one thread, as far as the memory reaches; at least one. */
export async function workersFor(choice: NetworkChoice, memory: number): Promise<number> {
  const pipeline = await loadPipeline(choice.pipeline, choice.size);
  const { parameters } = pipeline.summary();
  const each = PROCESS_BYTES + 4 * parameters * COPIES;
  return Math.max(1, Math.min(availableParallelism(), Math.floor(memory / each)));
}
