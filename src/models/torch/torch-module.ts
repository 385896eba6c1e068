/** A module of a PyTorch network that has weights, and the stage of sluice's network that takes them. */
export interface TorchModule {
  /** Its name in the state dict: `layer1.0.conv1`. */
  readonly name: string;
  /** The weights of the stage, and what PyTorch calls them. */
  readonly tensors: Readonly<Record<string, string>>;
  /** The stage: `conv2_1/conv1`. */
  readonly stage: string;
  /** Of a fully connected layer behind a flattened picture: how many pixels that picture has. Default 1. */
  readonly area?: number;
}

const KERNEL = { kernel: 'weight' };
const KERNEL_AND_BIAS = { kernel: 'weight', bias: 'bias' };
const NORM = { gamma: 'weight', beta: 'bias', mean: 'running_mean', variance: 'running_var' };

/** A convolution or fully connected layer with a bias. */
export function layer(name: string, stage: string, area = 1): TorchModule {
  return { name, stage, tensors: KERNEL_AND_BIAS, area };
}

/** A convolution without a bias, and the batch normalization behind it. */
export function normed(
  [conv, norm]: readonly [string, string],
  [convStage, normStage]: readonly [string, string],
): readonly TorchModule[] {
  return [
    { name: conv, stage: convStage, tensors: KERNEL },
    { name: norm, stage: normStage, tensors: NORM },
  ];
}

/** A batch normalization. */
export function norm(name: string, stage: string): TorchModule {
  return { name, stage, tensors: NORM };
}
