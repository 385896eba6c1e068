import { lastValueFrom } from 'rxjs';
import { evaluate, infer, type Model } from 'sluice';
import { evaluationText } from '../../src/cli/report/evaluation-text.ts';
import { examplesOf, type Dataset } from '../datasets/dataset.ts';
import { framesOf } from '../train/frames-of.ts';

/** Prints how many pictures a model gets right, through the pipe that pictures take. */
export async function printEvaluation(model: Model, pictures: Dataset): Promise<void> {
  const { labels } = model;
  const evaluation = await lastValueFrom(framesOf(examplesOf(pictures)).pipe(infer(model), evaluate({ labels })));
  console.log(evaluationText(evaluation, labels));
}
