import { layer, type TorchModule } from './torch-module.ts';

/** AlexNet of torchvision, whose last pool gives 6×6 pixels. */
export function alexnetModules(): TorchModule[] {
  return [
    ...[0, 3, 6, 8, 10].map((at, i) => layer(`features.${at}`, `conv${i + 1}`)),
    layer('classifier.1', 'fc6', 6 * 6),
    layer('classifier.4', 'fc7'),
    layer('classifier.6', 'fc8'),
  ];
}
