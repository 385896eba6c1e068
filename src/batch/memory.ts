import { availableParallelism, totalmem } from 'node:os';
import type { ModelChoice } from '../models/named-model.ts';
import type { VideoInfo } from '../sources/ffmpeg/video-info.ts';
import { loadPipeline } from '../models/named-model.ts';

/** What a process of Node with tfjs and a decoder of small pictures take, beside the weights. */
const PROCESS_BYTES = 400e6;
/** The weights as they were read, and as the engine packs them. */
const COPIES = 3;

/** So many pictures a decoder holds, those that others are made from among them, of so many bytes a pixel, at most. */
const DECODED = 20;
const PIXEL_BYTES = 3;
/** Up to 1920×1080 the decoder is reckoned in with its process. */
const SMALL = 1920 * 1088;

/** How memory is shared out. */
export interface Shares {
  readonly workers: number;
  /** What is left for decoders of large pictures, in bytes. */
  readonly room: number;
}

/**
 * As many workers as there are cores, each with one thread, as far as the memory reaches; at least one. Where `workers` says
 * how many, so many, and `memory`, if it is given, holds for the decoders.
 */
export async function sharesOf(
  choice: ModelChoice,
  { workers, memory }: { readonly workers: number | 'auto'; readonly memory?: number | undefined },
): Promise<Shares> {
  if (workers !== 'auto' && memory === undefined) return { workers, room: Infinity };
  const pipeline = await loadPipeline(choice.model, choice.size);
  const { parameters } = pipeline.summary();
  const each = PROCESS_BYTES + 4 * parameters * COPIES;
  const all = memory ?? totalmem() / 4;
  const most = Math.max(1, Math.min(availableParallelism(), Math.floor(all / each)));
  const count = workers === 'auto' ? most : workers;
  return { workers: count, room: all - count * each };
}

/** What a file's decoder takes beyond what is reckoned in with its process. */
export function decoderBytes({ storedWidth, storedHeight }: Pick<VideoInfo, 'storedWidth' | 'storedHeight'>): number {
  return Math.max(0, storedWidth * storedHeight - SMALL) * PIXEL_BYTES * DECODED;
}
