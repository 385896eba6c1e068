import { engine, type Tensor } from '@tensorflow/tfjs-core';
import { messageOf, TrainingError } from '../../errors/errors.ts';
import { withKernelGradients } from './kernel-gradients.ts';

/** What tfjs has recorded of a kernel. */
interface Recorded {
  readonly saved?: readonly Tensor[];
}

/**
 * @internal The value of a function and its gradients by each of `xs`, computed backwards from the value (reverse mode). The caller disposes
 * them. A gradient is undefined where the value does not depend on that x. Afterwards no other tensor is left, also if this throws.
 *
 * Throws `TrainingError` where the function runs a kernel of tfjs that has no gradient.
 */
export function differentiate(
  f: () => Tensor,
  xs: readonly Tensor[],
): { value: Tensor; gradients: readonly (Tensor | undefined)[] } {
  const tfjs = engine();
  try {
    const { value, grads } = withKernelGradients(() => tfjs.gradients(f, [...xs], undefined, true));
    return { value, gradients: grads };
  } catch (cause) {
    throw withoutGradient(cause) ?? cause;
  } finally {
    // tfjs frees what it has recorded only where nothing throws.
    const recorded = tfjs.state.activeTape as unknown as readonly Recorded[] | null;
    if (tfjs.state.gradientDepth === 0 && recorded) {
      for (const { saved = [] } of recorded) for (const tensor of saved) tensor.dispose();
      (tfjs.state as { activeTape: unknown }).activeTape = null;
    }
  }
}

function withoutGradient(cause: unknown): TrainingError | undefined {
  // tfjs's record of kernels takes no input that is left out.
  if (/undefined \(reading 'id'\)/.test(messageOf(cause))) {
    return new TrainingError(
      'no gradient can flow through a function of TensorFlow.js that leaves out an input, such as tf.batchNorm without scale: use a stage of ' +
        'sluice, or give all inputs',
      { cause },
    );
  }
  const kernel = /gradient function not found for (\w+)/.exec(messageOf(cause))?.[1];
  if (kernel === undefined) return undefined;
  return new TrainingError(
    `no gradient can flow through the kernel ${kernel} of TensorFlow.js, which a stage runs: sluice has none for it. Compute it from other ` +
      'operations, give the stage a gradient with tf.customGrad, or leave out the stages up to there with trainable',
    { cause },
  );
}
