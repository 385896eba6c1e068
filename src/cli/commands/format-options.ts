import { Option, type Command } from 'commander';
import { RESULT_FORMATS } from '../../sinks/formats/result-format.ts';
import type { ResultsOutOptions } from '../../sinks/files/open-results.ts';

/** The parsed options of {@link addFormatOptions}. */
export type FormatOptions = Pick<ResultsOutOptions, 'out' | 'format' | 'per' | 'spreadsheet' | 'annotate' | 'report'>;

/** Adds the options that name the outputs and their formats. `openResults` takes the parsed options. */
export function addFormatOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--format <name>',
        'the format of the results (default: the extension of --out, else ndjson); vtt and srt are subtitles; coco, mot and yolo hold boxes, coco also regions',
      ).choices(Object.keys(RESULT_FORMATS)),
    )
    .option(
      '--out <file>',
      "write the results to a file, which appears when it is complete (- is stdout); '{dir}/{name}.{ext}' writes a file for each input",
    )
    .addOption(
      new Option(
        '--per <span>',
        'write a result for each frame, or the mean of each second, scene (with --sample scenes), run of the same label, or file',
      )
        .choices(['frame', 'second', 'scene', 'label', 'file'])
        .default('frame'),
    )
    .option(
      '--annotate <file>',
      'write a copy of the video with labels on its frames (.mp4); use a template for several videos',
    )
    .option('--report <file>', 'write a report of the run with plots, as one self-contained .html file')
    .option(
      '--spreadsheet',
      'write csv for Excel and similar programs: text that looks like a formula gets a quote before it',
    );
}
