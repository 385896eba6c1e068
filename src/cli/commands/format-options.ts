import { Option, type Command } from 'commander';
import { RESULT_FORMATS } from '../../sinks/formats/result-format.ts';
import type { ResultsOutOptions } from '../../sinks/files/open-results.ts';

/** The options of {@link addFormatOptions}, as they were read. */
export type FormatOptions = Pick<ResultsOutOptions, 'out' | 'format' | 'per' | 'spreadsheet' | 'annotate' | 'report'>;

/** Adds the options that say where results go and as what: `openResults` takes them as they are read. */
export function addFormatOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <name>',
        'how results are written (default: what --out ends in, else ndjson); vtt and srt are subtitles',
      ).choices(Object.keys(RESULT_FORMATS)),
    )
    .option(
      '--out <file>',
      "write results to a file, which appears when it is whole (- is stdout); '{dir}/{name}.{ext}': a file for each input",
    )
    .addOption(
      new Option('--per <span>', 'a result for each frame, or the mean of each second, scene or file')
        .choices(['frame', 'second', 'scene', 'file'])
        .default('frame'),
    )
    .option('--annotate <file>', 'a copy of the video with labels on its frames, .mp4; a template for many')
    .option('--report <file>', 'what the run did, as a page of plots: one .html file that needs nothing else')
    .option('--spreadsheet', 'csv for Excel and its like: text that looks like a formula gets a quote before it');
}
