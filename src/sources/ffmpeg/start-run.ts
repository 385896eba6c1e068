import { machineLimits } from '../../engines/machine-limits.ts';
import { decoderResize } from '../../preprocess/fit.ts';
import { decodeArguments } from './arguments.ts';
import { MOST_THREADS, type DecodeOptions } from './decode-options.ts';
import { filterGraph, type FilterGraph } from './filters.ts';
import type { FramePicks } from './frame-picks.ts';
import { FrameRun } from './frame-run.ts';
import { SMALL } from './cut-finder.ts';
import { canSkipFrames } from './key-frames.ts';
import type { OpenMedia } from './media.ts';
import { openProxy } from './remote-input.ts';
import { SceneRun, type Run } from './scene-run.ts';
import { mayStartAnew } from './seek.ts';
import type { TimesOptions } from './timestamps.ts';

/** The most bytes of pictures that may be decoded ahead. */
const MOST_AHEAD = 32e6;

/** Where a run begins, and which of its frames are needed. */
export interface Beginning extends Pick<TimesOptions, 'origin' | 'from' | 'pixelsFrom' | 'to'> {
  /** Which of the needed frames get pixels. Default: all do. */
  readonly picks?: FramePicks | undefined;
  /** Where ffmpeg begins, in seconds after the start that the file states. Default: the beginning of the file. */
  readonly seek?: number | undefined;
}

/** An ffmpeg that decodes a file, and what its pictures are like. */
export interface StartedRun {
  readonly run: Run;
  readonly graph: FilterGraph;
}

/** Starts an ffmpeg that decodes a file. */
export async function startRun(
  { ffmpeg, input, info, hardware }: OpenMedia,
  options: DecodeOptions,
  beginning: Beginning,
): Promise<StartedRun> {
  const { toneMap, sample, readAhead = 1, threads = threadsInQuota() } = options;
  const [onlyKeys, findsCuts] = [sample === 'keyframes', sample === 'scenes'];
  const { seek, picks, ...times } = beginning;
  const { printsTimes } = ffmpeg;
  const { orientation } = input;
  const resize = decoderResize(options.resize, info);
  const graph = filterGraph(info, {
    ...{ resize, from: times.pixelsFrom, picked: picks?.expression },
    ...{ orientation, onlyKeys, findsCuts, printsTimes, toneMap },
  });
  const args = decodeArguments(ffmpeg, input, graph.graph, {
    ...{ threads, seek, hwaccel: hardware?.hwaccel, still: info.still, findsCuts },
    skipsFrames: onlyKeys && canSkipFrames(info),
  });
  const run = new FrameRun(ffmpeg.path, args, graph.bytes, {
    ...times,
    isPicked: picks?.begin(),
    ahead: Math.max(1, Math.min(readAhead, Math.floor(MOST_AHEAD / graph.bytes))),
    frameRate: info.frameRate,
    // Between key frames any time may pass.
    startsAnew: !onlyKeys && mayStartAnew(info),
    ...(findsCuts && { smallBytes: SMALL.width * SMALL.height }),
    proxy: await openProxy(input),
  });
  return { run: findsCuts ? new SceneRun(run, options, times.to) : run, graph };
}

let quota: { readonly threads: number | undefined } | undefined;

/** How many threads a container's quota allows. Undefined without a quota: then ffmpeg decides, by the cores that it sees. */
function threadsInQuota(): number | undefined {
  if (!quota) {
    const { cores, coresLimit } = machineLimits();
    quota = { threads: coresLimit === undefined ? undefined : Math.min(MOST_THREADS, cores) };
  }
  return quota.threads;
}
