import type { Weight } from '../../stage/weights.ts';
import { checkWork } from '../check-work.ts';
import type { Model } from '../model.ts';
import { fitTorchWeights } from './fit-torch-weights.ts';

// Both ways to load weights of PyTorch load this one chunk.
export { fitTorchWeights };

/** A network, and how pictures are prepared for it. */
type Prepared = Pick<Model, 'pipeline' | 'preprocess'>;

/** The one of these networks that the weights of a state dict are for, with them. Throws `WeightsError`, also for more work than `maxWork`. */
export function torchVariant(
  nets: readonly Prepared[],
  weights: Readonly<Record<string, Weight>>,
  file: string,
  maxWork: number | undefined,
): Prepared {
  const pipelines = nets.map((net) => net.pipeline);
  const { pipeline, index, family } = fitTorchWeights(pipelines, weights, file);
  checkWork(pipeline.name, pipeline, maxWork);
  const { preprocess } = nets[index] as Prepared;
  const { resizeMethod } = family;
  return { pipeline, preprocess: resizeMethod ? { ...preprocess, resizeMethod } : preprocess };
}
