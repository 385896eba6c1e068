import type { ResizeMethod } from '../../preprocess/fit.ts';
import type { TorchModule } from './torch-module.ts';

/** The networks of one architecture in torchvision or timm. */
export interface TorchFamily {
  /** Its name in messages: `torchvision's ResNet-50`. */
  readonly title: string;
  readonly modules: readonly TorchModule[];
  /** Undefined for a network that sluice does not have. */
  readonly network?: TorchNetwork;
  /** How its weights were evaluated, where it is not as torchvision does. */
  readonly resizeMethod?: ResizeMethod;
}

/** Which network of sluice takes the weights of a family. */
export interface TorchNetwork {
  /** The name of the pipeline. */
  readonly pipeline: string;
  /** The name of the ready-made model. */
  readonly model: string;
  /** The call that makes the pipeline. */
  readonly call: string;
}
