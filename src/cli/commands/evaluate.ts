import { lastValueFrom, Subject } from 'rxjs';
import type { JobOptions } from '../../batch/label-job.ts';
import type { LabelOptions } from '../../batch/label-options.ts';
import type { LabelledFile, LabelledFiles } from '../../datasets/labelled-files.ts';
import { readLabelledFiles } from '../../datasets/read-labelled-files.ts';
import { OptionError } from '../../errors/errors.ts';
import { evaluate } from '../../evaluation/evaluate.ts';
import { FEW } from '../../evaluation/evaluator.ts';
import { few } from '../../models/few-names.ts';
import type { Model } from '../../models/model.ts';
import { loadModel } from '../../models/named-model.ts';
import type { Classification } from '../../tasks/classification/class-scores.ts';
import type { StoredResult } from '../../tasks/frame-result.ts';
import { EvaluationOut, type EvaluationOutOptions } from '../report/evaluation-out.ts';
import { runDataJob } from './data-job.ts';
import { interruptible, type ProgressCommand } from './interruptible.ts';

/** The parsed options of `sluice evaluate`. */
export interface EvaluateCommand
  extends Omit<LabelOptions, 'taskOptions'>, JobOptions, ProgressCommand, EvaluationOutOptions {
  readonly data: string;
}

/** Measures a classifier on files of known classes. Resolves to the exit code. */
export function evaluateFiles(command: EvaluateCommand): Promise<number> {
  return interruptible(command, async (progress, signal) => {
    const { data, format, report, confusion, quiet = false } = command;
    const out = new EvaluationOut({ format, ...(report ? { report } : {}), ...(confusion ? { confusion } : {}) });
    try {
      const found = readLabelledFiles(data, (kind, message) => {
        if (kind === 'warning' || !quiet) progress.say(kind, message);
      });
      const model = await loadModel(command, () => undefined, signal);
      const { labels } = model;
      const files = asTheModelCounts(found, model, data);
      const results = new Subject<StoredResult<Classification>>();
      const evaluated = lastValueFrom(results.pipe(evaluate({ labels })));
      // It fails when the job does, which says why.
      evaluated.catch(() => undefined);
      const { failedFiles, failedFrames, engine } = await runDataJob({
        files,
        options: labelOptionsOf(command),
        how: command,
        progress,
        quiet,
        signal,
        onResult: (result, target) => results.next({ ...(result as StoredResult<Classification>), target }),
      });
      results.complete();
      await out.write({
        title: `${model.name} on ${data}`,
        about: `measured by sluice evaluate on ${engine}`,
        evaluation: await evaluated,
        labels,
        failedFiles,
        ffmpeg: command.ffmpeg,
      });
      return failedFiles + failedFrames > 0 ? 1 : 0;
    } finally {
      out.discard();
    }
  });
}

/** Gives files the indices that the model's labels have. Throws `OptionError` for a class that the model does not know. */
function asTheModelCounts(
  { labels, files }: LabelledFiles,
  model: Model<object, object>,
  data: string,
): readonly LabelledFile[] {
  if (model.task.kind !== 'classification') {
    throw new OptionError(`sluice evaluate measures classifiers, but the task of ${model.name} is ${model.task.kind}`);
  }
  const places = labels.map((label) => model.labels.indexOf(label));
  const unknown = labels.filter((_label, i) => (places[i] ?? -1) < 0);
  if (unknown.length > 0) {
    throw new OptionError(
      `${data} has classes that ${model.name} does not know: ${few(unknown)}. Name them as the model does: ${few(model.labels)}`,
    );
  }
  return files.map(({ path, target }) => ({ path, target: places[target] ?? 0 }));
}

/** The options that results depend on. */
function labelOptionsOf(command: EvaluateCommand): LabelOptions {
  const { data: _d, format: _f, report: _r, confusion: _c, progress: _p, quiet: _q, ...rest } = command;
  const { job: _j, fresh: _h, workers: _w, memory: _m, maxPixels: _x, ...options } = rest;
  return { ...options, taskOptions: { top: FEW } };
}
