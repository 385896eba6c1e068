import { layer, norm, type TorchModule } from './torch-module.ts';

/** What the fully connected layers are called: in torchvision a part of `classifier`, in timm convolutions. */
const HEADS = {
  torchvision: ['classifier.0', 'classifier.3', 'classifier.6'],
  timm: ['pre_logits.fc1', 'pre_logits.fc2', 'head.fc'],
} as const;

/** A VGG: so many convolutions before each of its five pools. `features` counts activations and pools, too. */
export function vggModules(groups: readonly number[], normalized: boolean, head: keyof typeof HEADS): TorchModule[] {
  let at = 0;
  const features = groups.flatMap((count, group) => {
    const convolutions = Array.from({ length: count }, (_, i) => {
      const stage = `conv${group + 1}_${i + 1}`;
      const conv = layer(`features.${at}`, stage);
      const found = normalized ? [conv, norm(`features.${at + 1}`, `${stage}-norm`)] : [conv];
      at += normalized ? 3 : 2;
      return found;
    });
    at += 1;
    return convolutions.flat();
  });
  const [fc6, fc7, fc8] = HEADS[head];
  return [...features, layer(fc6, 'fc6', 7 * 7), layer(fc7, 'fc7'), layer(fc8, 'fc8')];
}
