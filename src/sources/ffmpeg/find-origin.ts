import type { DecodeOptions } from './decode-options.ts';
import type { OpenMedia } from './media.ts';
import { startRun } from './start-run.ts';

/** How many frames tell whether the clock of a file runs on. ffmpeg takes that many to settle where a file lacks times. */
const PROBED_FRAMES = 12;

/**
 * Decodes the first frames of a file to find the time of the first one by the file's own clock, in µs. Undefined if they show
 * that the clock does not run on: then all frames from the beginning have to be counted.
 */
export async function findOrigin(
  media: OpenMedia,
  { threads }: Pick<DecodeOptions, 'threads'>,
  signal: AbortSignal,
  frames = PROBED_FRAMES,
): Promise<number | undefined> {
  const { run } = await startRun(media, { resize: { width: 1, height: 1 }, ...(threads && { threads }) }, {});
  const stop = (): void => void run.stop();
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  try {
    for (let i = 0; i < frames && (await run.next()) !== undefined; i++);
  } finally {
    signal.removeEventListener('abort', stop);
    await run.stop();
  }
  const { origin, repaired } = run.times;
  return repaired === 0 ? origin : undefined;
}
