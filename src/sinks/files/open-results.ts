import { merge } from 'rxjs';
import { OptionError } from '../../errors/errors.ts';
import type { Span } from '../../tasks/open-span.ts';
import { annotatedPaths, prepareAnnotations, type AnnotateOptions } from '../annotate/annotations-out.ts';
import { formatOf, isPerSource, RESULT_FORMATS, resultFormat, type ResultFormat } from '../formats/result-format.ts';
import { prepareMasks } from '../pictures/mask-folder.ts';
import { isStream, openByteSink, type ByteSink } from './byte-sink.ts';
import { watchFormulas } from './formula-watch.ts';
import { isTemplate, outPaths } from './out-template.ts';
import { checkFolders } from './output-folder.ts';
import { refuseInputAsOutput } from './output-is-input.ts';
import { refuseSharedFile, type Output } from './outputs-apart.ts';
import { ResultsFile, type ResultsEncoding } from './results-file.ts';
import type { ResultsOut } from './results-out.ts';
import { ResultsPerSource } from './results-per-source.ts';

/** Options that name the outputs of a run and their formats. */
export interface ResultsOutOptions extends AnnotateOptions {
  /** The path of a copy of the video with the results drawn on its frames, or a template. */
  readonly annotate?: string;
  /** The folder for a PNG with the map of each result of a segmentation. */
  readonly masks?: string;
  /** The path of a file, or a template as in {@link outPaths}. `-` is stdout. Default: stdout. */
  readonly out?: string;
  /** The path of the report, which the command writes itself. No other output may have this path. */
  readonly report?: string;
  /** The format of the results. Default: the format of the extension of `out`, else NDJSON. */
  readonly format?: ResultFormat;
  /** What results are aggregated by. Default `frame`: a result for each frame. */
  readonly per?: Span | 'frame';
  /** Adds the time of each stage; NDJSON and JSON only. Default false. */
  readonly timings?: boolean;
  /** Writes CSV for spreadsheets; CSV only. Default false. */
  readonly spreadsheet?: boolean;
  /** Gets a warning about the results. Default: none. */
  readonly onWarning?: (message: string) => void;
}

/** Checks the outputs as {@link prepareResults} does, and opens them. */
export async function openResults(inputs: readonly string[], options: ResultsOutOptions): Promise<ResultsOut> {
  return (await prepareResults(inputs, options))();
}

/**
 * Checks the outputs and returns a function that opens them. Checking writes nothing.
 *
 * Throws `OptionError` for subtitles of several inputs in one file, for two inputs or outputs with the same file, and for an
 * input as output. Throws `SluiceError` (`output`) if the package of a format is missing; the returned function throws it if
 * a file can't be written.
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
    masks,
    report,
    onWarning,
  } = options;
  const format = options.format ?? formatOf(out) ?? 'ndjson';
  const paths = isTemplate(out) ? outPaths(out, inputs, RESULT_FORMATS[format][0]) : undefined;
  if (isPerSource(format) && paths === undefined && inputs.length > 1) {
    throw new OptionError(
      `a ${format} file holds the results of one input, but there are ${inputs.length}: write a file for each, as with --out '{dir}/{name}.${format}'`,
    );
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
  const folder = masks === undefined ? undefined : prepareMasks(inputs, masks, options);
  let writer = await resultFormat<object>(format, { task, aggregated: per !== 'frame', timings, spreadsheet });
  const isFile = paths !== undefined || (out !== '-' && !isStream(out));
  if (format === 'csv' && !spreadsheet && isFile && onWarning) {
    writer = watchFormulas(writer, task, (text) =>
      onWarning(
        `${out}: a spreadsheet may read ${text} as a formula: to open the file in one, write it with --spreadsheet`,
      ),
    );
  }
  const span = per === 'frame' ? undefined : { per, options: taskOptions };
  const encoding: ResultsEncoding = { task, writer, span };
  return () => {
    if (paths) checkFolders(paths.values());
    let results = paths ? new ResultsPerSource(paths, encoding) : oneFile(openByteSink(out), format, encoding);
    try {
      if (folder) results = both(results, folder());
      return annotations ? both(results, annotations()) : results;
    } catch (error) {
      results.discard();
      throw error;
    }
  };
}

function oneFile(sink: ByteSink, format: ResultFormat, encoding: ResultsEncoding): ResultsOut {
  if (sink.isStdout && process.stdout.isTTY && format === 'parquet') {
    throw new OptionError('parquet is a binary format and is not written to a terminal: name a file with --out');
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

/** Passes results to both outputs. */
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
      // The annotated videos are committed first, because they take longer and may still fail.
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
