import type { AnyStage } from '../../stage/stage.ts';
import { activation } from '../../stages/activation.ts';
import type { Converted } from './conversion.ts';
import { number, only } from './layer-options.ts';
import { setting, type Layer } from './layer.ts';

/** @internal x, or slope · x below 0. */
export function leakyRelu(slope: number): AnyStage {
  return activation('leakyRelu', { alpha: slope });
}

/** @internal A ReLU layer has a slope, a threshold and a maximum; converts the combinations that have a name. */
export function convertRelu(layer: Layer): Converted {
  const slope = number(layer, 'negative_slope', 0);
  only(layer, 'threshold', [undefined, 0]);
  if (setting(layer, 'max_value') === undefined) {
    return { stage: slope === 0 ? activation('relu') : leakyRelu(slope) };
  }
  only(layer, 'max_value', [6]);
  only(layer, 'negative_slope', [undefined, 0]);
  return { stage: activation('relu6') };
}
