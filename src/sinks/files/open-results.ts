import { merge } from 'rxjs';
import { OpenSpan, type Span } from '../../tasks/classification/open-span.ts';
import { OptionError } from '../../errors/errors.ts';
import { annotatedPaths, prepareAnnotations, type AnnotateOptions } from '../annotate/annotations-out.ts';
import { isTemplate, outPaths } from './out-template.ts';
import { checkFolders } from './output-folder.ts';
import { refuseInputAsOutput } from './output-is-input.ts';
import { refuseSharedFile, type Output } from './outputs-apart.ts';
import { openByteSink, type ByteSink } from './byte-sink.ts';
import {
  formatOf,
  isPerSource,
  RESULT_FORMATS,
  resultFormat,
  type ResultFormat,
  type ResultFormatOptions,
} from '../formats/result-format.ts';
import type { ResultWriter } from '../formats/result-writer.ts';
import { ResultsFile, type SpanMaker } from './results-file.ts';
import { ResultsPerSource } from './results-per-source.ts';
import type { ResultsOut } from './results-out.ts';

/** Where results go, and as what. */
export interface ResultsOutOptions extends Omit<ResultFormatOptions, 'aggregated'>, AnnotateOptions {
  /** A copy of the video with labels on its frames, or a template for many. */
  readonly annotate?: string;
  /** A file, a template as in {@link outPaths}, or stdout: without one, and for `-`. */
  readonly out?: string;
  /** The page about the run, which somebody else writes: none of these files may be it. */
  readonly report?: string;
  /** Default: what `out` ends in, else NDJSON. */
  readonly format?: ResultFormat;
  /** What is put together. Default `frame`: nothing. */
  readonly per?: Span | 'frame';
}

/** Opens what results go to, after the checks of {@link prepareResults}. */
export async function openResults(inputs: readonly string[], options: ResultsOutOptions): Promise<ResultsOut> {
  return (await prepareResults(inputs, options))();
}

/**
 * Checks where results are to go, and gives what opens it. Throws `OptionError` for what makes no sense with these inputs:
 * subtitles of many files in one, two inputs or outputs into one file, an input as output; `SluiceError` (`output`) for a format whose
 * package is missing, and when it is opened for a file that can't be written. Until then nothing is written.
 */
export async function prepareResults(inputs: readonly string[], options: ResultsOutOptions): Promise<() => ResultsOut> {
  const { out = '-', per = 'frame', timings = false, spreadsheet = false, annotate, report } = options;
  const format = options.format ?? formatOf(out) ?? 'ndjson';
  const paths = isTemplate(out) ? outPaths(out, inputs, RESULT_FORMATS[format][0]) : undefined;
  if (isPerSource(format) && paths === undefined && inputs.length > 1) {
    throw new OptionError(`${format} is about one file: write one for each, as with --out '{dir}/{name}.${format}'`);
  }
  refuseInputAsOutput(inputs, paths ? [...paths.values()] : [out]);
  refuseSharedFile([
    ...[...(paths?.values() ?? [out])].map((file): Output => ['--out', file]),
    ...(annotate === undefined ? [] : [...annotatedPaths(inputs, annotate).values()]).map((file): Output => [
      '--annotate',
      file,
    ]),
    ...(report === undefined ? [] : [['--report', report] as const]),
  ]);
  const annotations = annotate === undefined ? undefined : await prepareAnnotations(inputs, annotate, options);
  const writer = await resultFormat(format, { aggregated: per !== 'frame', timings, spreadsheet });
  const span = per === 'frame' ? undefined : spanMaker(per, options);
  return () => {
    if (paths) checkFolders(paths.values());
    const results = paths
      ? new ResultsPerSource(paths, writer, span)
      : oneFile(openByteSink(out), format, writer(), span);
    try {
      return annotations ? both(results, annotations()) : results;
    } catch (error) {
      results.discard();
      throw error;
    }
  };
}

function oneFile(pieces: ByteSink, format: ResultFormat, writer: ResultWriter, span?: SpanMaker): ResultsOut {
  if (pieces.isStdout && process.stdout.isTTY && format === 'parquet') {
    throw new OptionError('parquet is not for reading on a terminal: name a file with --out');
  }
  const file = new ResultsFile(pieces, writer, span);
  return {
    isStdout: pieces.isStdout,
    write: (result) => file.write(result),
    ended: () => undefined,
    room: () => pieces.room(),
    failure: pieces.failure,
    async commit() {
      await file.commit();
      return [];
    },
    keepPartial: () => [file.keepPartial()].filter((name) => name !== undefined),
    discard: () => file.discard(),
  };
}

/** Results go to one and to the other. */
function both(one: ResultsOut, other: ResultsOut): ResultsOut {
  return {
    isStdout: one.isStdout,
    write(result) {
      one.write(result);
      other.write(result);
    },
    ended(source, whole) {
      one.ended(source, whole);
      other.ended(source, whole);
    },
    room: () => one.room() ?? other.room(),
    failure: merge(one.failure, other.failure),
    async commit() {
      // The one that takes its time, and may fail yet, first.
      const parts = await other.commit();
      return [...(await one.commit()), ...parts];
    },
    keepPartial: () => [...one.keepPartial(), ...other.keepPartial()],
    discard() {
      one.discard();
      other.discard();
    },
  };
}

/** Scores under this count as 0 in a mean: it is right to so much. */
const NEGLIGIBLE = 0.001;

/** Which classes `classify` is to list, so that what is put together of them is right. */
export function listedClasses(
  per: Span | 'frame',
  { top, minScore }: { readonly top: number; readonly minScore: number },
): { readonly top: number; readonly minScore: number } {
  return per === 'frame' ? { top, minScore } : { top: 1e6, minScore: NEGLIGIBLE };
}

function spanMaker(per: Span, { top, minScore }: ResultsOutOptions): SpanMaker {
  const options = { ...(top === undefined ? {} : { top }), ...(minScore === undefined ? {} : { minScore }) };
  return (emit) => new OpenSpan(per, options, emit);
}
