import { layer, normed, type TorchModule } from './torch-module.ts';

/** How many blocks have the same number of channels (table 2 of the paper). All but the first of them have a shortcut. */
const REPEATS = [1, 2, 3, 4, 3, 3, 1];

/** The three convolutions of a block, and their batch normalizations. The first block does not expand its channels. */
interface BlockNames {
  readonly expand: readonly [string, string];
  readonly depthwise: readonly [string, string];
  readonly project: readonly [string, string];
}

function modulesOf(
  ends: { readonly first: readonly [string, string]; readonly last: readonly [string, string] },
  classifier: string,
  names: (block: number, group: number, n: number) => BlockNames,
): TorchModule[] {
  const places = REPEATS.flatMap((count, group) => Array.from({ length: count }, (_, n) => [group, n] as const));
  const blocks = places.flatMap(([group, n], block) => {
    const { expand, depthwise, project } = names(block, group, n);
    const own = (part: string) => {
      const stage = `${n > 0 ? `block${block}/` : ''}block${block}-${part}`;
      return [stage, `${stage}-norm`] as const;
    };
    return [
      ...(block > 0 ? normed(expand, own('expand')) : []),
      ...normed(depthwise, own('depthwise')),
      ...normed(project, own('project')),
    ];
  });
  return [
    ...normed(ends.first, ['conv1', 'conv1-norm']),
    ...blocks,
    ...normed(ends.last, ['conv17', 'conv17-norm']),
    layer(classifier, 'logits'),
  ];
}

/** MobileNet v2 of torchvision. */
export function torchvisionMobilenetV2(): TorchModule[] {
  const inRow = (name: string) => [`${name}.0`, `${name}.1`] as const;
  const ends = { first: inRow('features.0'), last: inRow('features.18') };
  return modulesOf(ends, 'classifier.1', (block) => {
    const conv = `features.${block + 1}.conv`;
    const at = block > 0 ? 1 : 0;
    return {
      expand: inRow(`${conv}.0`),
      depthwise: inRow(`${conv}.${at}`),
      project: [`${conv}.${at + 1}`, `${conv}.${at + 2}`],
    };
  });
}

/** MobileNet v2 of timm (`mobilenetv2_100`). */
export function timmMobilenetV2(): TorchModule[] {
  const ends = { first: ['conv_stem', 'bn1'], last: ['conv_head', 'bn2'] } as const;
  return modulesOf(ends, 'classifier', (block, group, n) => {
    const at = `blocks.${group}.${n}`;
    return {
      expand: [`${at}.conv_pw`, `${at}.bn1`],
      depthwise: [`${at}.conv_dw`, block > 0 ? `${at}.bn2` : `${at}.bn1`],
      project: block > 0 ? [`${at}.conv_pwl`, `${at}.bn3`] : [`${at}.conv_pw`, `${at}.bn2`],
    };
  });
}
