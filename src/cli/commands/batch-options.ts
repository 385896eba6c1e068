import path from 'node:path';
import type { JobOptions } from '../../batch/label-job.ts';
import type { LabelOptions } from '../../batch/label-options.ts';
import { isTemplate } from '../../sinks/files/out-template.ts';
import type { FormatOptions } from './format-options.ts';
import { taskOptionsOf, withoutTaskOptions, type ResultOptions } from './result-options.ts';

/** The parsed options of `sluice batch`. */
export interface BatchCommand extends Omit<LabelOptions, 'taskOptions'>, ResultOptions, JobOptions, FormatOptions {
  readonly progress: 'auto' | 'json';
  readonly quiet?: boolean;
  /** The command whose task the model must have. Default: any. */
  readonly taskCommand?: string;
}

/** The default job folder, beside the results. For a template it is in the folder that holds all of them. */
export function jobBeside(out: string): string {
  const [fixed = ''] = out.split(/[{}]/);
  return isTemplate(out) ? path.join(path.dirname(`${fixed}.`), 'sluice-batch.job') : `${out}.job`;
}

/** Picks the options that the results of single frames depend on. The job's state is valid only for the same ones. */
export function labelOptions(command: BatchCommand): LabelOptions {
  const {
    out: _o,
    format: _f,
    spreadsheet: _s,
    annotate: _a,
    report: _r,
    per = 'frame',
    ...rest
  } = withoutTaskOptions(command);
  const {
    progress: _p,
    quiet: _q,
    job: _j,
    fresh: _h,
    workers: _w,
    memory: _m,
    maxPixels: _x,
    taskCommand: _k,
    ...options
  } = rest;
  return { ...options, taskOptions: taskOptionsOf(command), ...(per === 'frame' ? {} : { aggregated: true }) };
}
