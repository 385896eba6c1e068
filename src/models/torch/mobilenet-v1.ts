import { layer, normed, type TorchModule } from './torch-module.ts';

/** How many blocks each of the five groups has. */
const REPEATS = [1, 2, 2, 6, 2];

/** MobileNet v1 of timm (`mobilenetv1_100`). Its padding and its ε are not those of sluice's network. */
export function timmMobilenetV1(): TorchModule[] {
  const places = REPEATS.flatMap((count, group) => Array.from({ length: count }, (_, n) => `blocks.${group}.${n}`));
  const blocks = places.flatMap((at, i) => [
    ...normed([`${at}.conv_dw`, `${at}.bn1`], [`depthwise${i + 1}`, `depthwise${i + 1}-norm`]),
    ...normed([`${at}.conv_pw`, `${at}.bn2`], [`pointwise${i + 1}`, `pointwise${i + 1}-norm`]),
  ]);
  return [...normed(['conv_stem', 'bn1'], ['conv0', 'conv0-norm']), ...blocks, layer('classifier', 'logits')];
}
