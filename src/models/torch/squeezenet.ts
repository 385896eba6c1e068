import { layer, type TorchModule } from './torch-module.ts';

/** Where the fire modules 2 to 9 are in `features`, among activations and pools. */
const FIRES = { '1.0': [3, 4, 5, 7, 8, 9, 10, 12], '1.1': [3, 4, 6, 7, 9, 10, 11, 12] } as const;

/** A SqueezeNet of torchvision. */
export function squeezenetModules(version: keyof typeof FIRES): TorchModule[] {
  return [
    layer('features.0', 'conv1'),
    ...FIRES[version].flatMap((at, i) => [
      layer(`features.${at}.squeeze`, `fire${i + 2}-squeeze`),
      layer(`features.${at}.expand1x1`, `fire${i + 2}-expand/1x1`),
      layer(`features.${at}.expand3x3`, `fire${i + 2}-expand/3x3`),
    ]),
    layer('classifier.1', 'conv10'),
  ];
}
