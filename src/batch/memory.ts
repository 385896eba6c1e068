import type { ModelChoice } from '../models/model-choice.ts';
import type { PixelLimitError } from '../sources/ffmpeg/pixel-limit.ts';
import type { VideoInfo } from '../sources/ffmpeg/video-info.ts';
import { machineLimits, type MachineLimits } from '../engines/machine-limits.ts';
import { loadPipeline } from '../models/named-model.ts';
import { megabytes, memoryShare } from './memory-share.ts';

/** What a Node process with TensorFlow.js and a decoder of small pictures takes, without the weights. */
const PROCESS_BYTES = 400e6;
/** How often a worker has the weights in memory: as they were read, and as the engine packs them. */
const WEIGHT_COPIES = 3;

/** How many pictures a decoder holds at most, with those that others refer to, and how many bytes a pixel takes. */
const DECODED_PICTURES = 20;
const PIXEL_BYTES = 3;
/** The decoder of a video of at most 1920 × 1080 is included in `PROCESS_BYTES`. */
const SMALL_PIXELS = 1920 * 1088;

const ANY = { most: Infinity, origin: '' };
const ASKED = 'as asked for';

/** Pictures of this size are included in `PROCESS_BYTES`. */
export const SMALL_PICTURE_PIXELS = 2 ** 24;
/** How many bytes a pixel of a larger one takes in its decoder, by measurement: JPEG in passes, 16-bit PNG, JPEG 2000. */
const PICTURE_BYTES = { jpeg: 10, png: 11, other: 32 };

/** How a job uses the cores and the memory that it may take. */
export interface MemoryBudget {
  /** How many worker processes run. */
  readonly workers: number;
  /** Why it is this number: `one for each core`. */
  readonly reason: string;
  /** How many bytes the decoders of large videos may take together. May be below 0. */
  readonly decoderBytes: number;
  /** How many bytes the decoder of a single picture may take, and where the number comes from. */
  readonly pictureBytes: { readonly most: number; readonly origin: string };
  /** Warnings about options that the machine does not allow. */
  readonly warnings: readonly string[];
}

/** The options that the budget depends on. */
interface Asked {
  readonly workers: number | 'auto';
  readonly memory?: number | undefined;
  /** Ends the loading of the model's file. */
  readonly signal?: AbortSignal;
}

/**
 * Returns how many workers run, and how much memory is left for decoders of large videos.
 *
 * With `workers: 'auto'` there is one worker for each core, as far as the memory allows, and at least one. `memoryShare` says how
 * much memory that is. A number of workers is used as it is: then the memory only limits the decoders.
 */
export async function memoryBudget(
  choice: ModelChoice,
  { workers, memory, signal }: Asked,
  limits: MachineLimits = machineLimits(),
): Promise<MemoryBudget> {
  if (workers !== 'auto' && memory === undefined && limits.memoryLimit === undefined) {
    return { workers, reason: ASKED, decoderBytes: Infinity, pictureBytes: ANY, warnings: [] };
  }
  const pipeline = await loadPipeline(choice, undefined, signal);
  const { parameters } = pipeline.summary();
  const workerBytes = PROCESS_BYTES + 4 * parameters * WEIGHT_COPIES;
  const { bytes, origin, warning } = memoryShare(memory, limits);
  const fitting = Math.max(1, Math.floor(bytes / workerBytes));
  const count = workers === 'auto' ? Math.min(limits.cores, fitting) : workers;
  const reasons = {
    asked: ASKED,
    cores: ['one for each core', limits.coresLimit].filter(Boolean).join(': '),
    memory: `as many as fit, with ${megabytes(workerBytes)} for each, into ${origin}`,
  };
  return {
    workers: count,
    reason: reasons[workers !== 'auto' ? 'asked' : fitting < limits.cores ? 'memory' : 'cores'],
    decoderBytes: bytes - count * workerBytes,
    // Nobody has said that the default share is all that there is.
    pictureBytes:
      memory === undefined && limits.memoryLimit === undefined ? ANY : { most: bytes - workerBytes, origin },
    warnings: warning === undefined ? [] : [warning],
  };
}

/** Returns how many bytes the decoder of a video takes beyond what its worker's budget includes. */
export function extraDecoderBytes({
  storedWidth,
  storedHeight,
}: Pick<VideoInfo, 'storedWidth' | 'storedHeight'>): number {
  return Math.max(0, storedWidth * storedHeight - SMALL_PIXELS) * PIXEL_BYTES * DECODED_PICTURES;
}

/** Returns how many bytes the decoder of a picture takes beyond what its worker's budget includes. */
export function extraPictureBytes({ pixels, input }: Pick<PixelLimitError, 'pixels' | 'input'>): number {
  const kind = input.args.includes('jpeg_pipe') ? 'jpeg' : input.args.includes('png_pipe') ? 'png' : 'other';
  return pixels * PICTURE_BYTES[kind];
}

/** Why a picture cannot be decoded in the memory of the job; undefined if it can. */
export function whyNoRoom(
  { name, size, bytes }: { readonly name: string; readonly size: string; readonly bytes: number },
  { most, origin }: MemoryBudget['pictureBytes'],
): string | undefined {
  if (bytes <= most) return undefined;
  return `${name}: decoding ${size} takes about ${megabytes(bytes)}, and beside a worker there are ${megabytes(Math.max(0, most))} of ${origin}: raise memory (--memory), or scale it down before`;
}
