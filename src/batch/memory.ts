import { availableParallelism, totalmem } from 'node:os';
import type { ModelChoice } from '../models/named-model.ts';
import type { VideoInfo } from '../sources/ffmpeg/video-info.ts';
import { loadPipeline } from '../models/named-model.ts';

/** What a Node process with TensorFlow.js and a decoder of small pictures takes, without the weights. */
const PROCESS_BYTES = 400e6;
/** How often a worker has the weights in memory: as they were read, and as the engine packs them. */
const WEIGHT_COPIES = 3;

/** How many pictures a decoder holds at most, with those that others refer to, and how many bytes a pixel takes. */
const DECODED_PICTURES = 20;
const PIXEL_BYTES = 3;
/** The decoder of a video of at most 1920 × 1080 is included in `PROCESS_BYTES`. */
const SMALL_PIXELS = 1920 * 1088;

/** How a job uses the memory that it may take. */
export interface MemoryBudget {
  /** How many worker processes run. */
  readonly workers: number;
  /** How many bytes the decoders of large videos may take together. May be below 0. */
  readonly decoderBytes: number;
}

/**
 * Returns how many workers run, and how much memory is left for decoders of large videos.
 *
 * With `workers: 'auto'` there is one worker for each core, as far as `memory` (bytes; by default a quarter of the
 * machine's) allows, and at least one. A number of workers is used as it is: then `memory` only limits the decoders.
 */
export async function memoryBudget(
  choice: ModelChoice,
  { workers, memory }: { readonly workers: number | 'auto'; readonly memory?: number | undefined },
): Promise<MemoryBudget> {
  if (workers !== 'auto' && memory === undefined) return { workers, decoderBytes: Infinity };
  const pipeline = await loadPipeline(choice.model, choice.size);
  const { parameters } = pipeline.summary();
  const workerBytes = PROCESS_BYTES + 4 * parameters * WEIGHT_COPIES;
  const allBytes = memory ?? totalmem() / 4;
  const most = Math.max(1, Math.min(availableParallelism(), Math.floor(allBytes / workerBytes)));
  const count = workers === 'auto' ? most : workers;
  return { workers: count, decoderBytes: allBytes - count * workerBytes };
}

/** Returns how many bytes the decoder of a video takes beyond what its worker's budget includes. */
export function extraDecoderBytes({
  storedWidth,
  storedHeight,
}: Pick<VideoInfo, 'storedWidth' | 'storedHeight'>): number {
  return Math.max(0, storedWidth * storedHeight - SMALL_PIXELS) * PIXEL_BYTES * DECODED_PICTURES;
}
