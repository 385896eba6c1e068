import { merge } from 'rxjs';
import { OptionError } from '../../errors/errors.ts';
import type { Span } from '../../tasks/open-span.ts';
import { annotatedPaths, prepareAnnotations, type AnnotateOptions } from '../annotate/annotations-out.ts';
import { formatOf, isPerSource, RESULT_FORMATS, resultFormat, type ResultFormat } from '../formats/result-format.ts';
import { openByteSink, type ByteSink } from './byte-sink.ts';
import { isTemplate, outPaths } from './out-template.ts';
import { checkFolders } from './output-folder.ts';
import { refuseInputAsOutput } from './output-is-input.ts';
import { refuseSharedFile, type Output } from './outputs-apart.ts';
import { ResultsFile, type ResultsEncoding } from './results-file.ts';
import type { ResultsOut } from './results-out.ts';
import { ResultsPerSource } from './results-per-source.ts';

/** Where results go, and in which format. */
export interface ResultsOutOptions extends AnnotateOptions {
  /** A copy of the video with the results drawn on its frames, or a template for many. */
  readonly annotate?: string;
  /** A file, or a template as in {@link outPaths}. Default, and for `-`: stdout. */
  readonly out?: string;
  /** The page about the run, which the command writes itself: no other output may have its name. */
  readonly report?: string;
  /** Default: the format that `out` ends in, else NDJSON. */
  readonly format?: ResultFormat;
  /** What results are aggregated by. Default `frame`: each frame has a result. */
  readonly per?: Span | 'frame';
  /** Adds what each stage took; NDJSON and JSON only. Default false. */
  readonly timings?: boolean;
  /** CSV only: for spreadsheets rather than for programs. Default false. */
  readonly spreadsheet?: boolean;
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
  const {
    task,
    taskOptions,
    out = '-',
    per = 'frame',
    timings = false,
    spreadsheet = false,
    annotate,
    report,
  } = options;
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
  const writer = await resultFormat(format, { task, aggregated: per !== 'frame', timings, spreadsheet });
  const span = per === 'frame' ? undefined : { per, options: taskOptions };
  const encoding: ResultsEncoding = { task, writer, span };
  return () => {
    if (paths) checkFolders(paths.values());
    const results = paths ? new ResultsPerSource(paths, encoding) : oneFile(openByteSink(out), format, encoding);
    try {
      return annotations ? both(results, annotations()) : results;
    } catch (error) {
      results.discard();
      throw error;
    }
  };
}

function oneFile(sink: ByteSink, format: ResultFormat, encoding: ResultsEncoding): ResultsOut {
  if (sink.isStdout && process.stdout.isTTY && format === 'parquet') {
    throw new OptionError('parquet is not for reading on a terminal: name a file with --out');
  }
  const file = new ResultsFile(sink, encoding);
  return {
    isStdout: sink.isStdout,
    write: (result, line) => file.write(result, line),
    ended: () => undefined,
    room: () => sink.room(),
    failure: sink.failure,
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
    write(result, line) {
      one.write(result, line);
      other.write(result, line);
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
