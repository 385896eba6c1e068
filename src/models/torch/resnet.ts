import { layer, normed, type TorchModule } from './torch-module.ts';

/** A ResNet of torchvision, whose names timm uses, too: so many blocks in each of its four groups, of two or three convolutions. */
export function resnetModules(blocks: readonly number[], convolutions: 2 | 3): TorchModule[] {
  const groups = blocks.flatMap((count, group) =>
    Array.from({ length: count }, (_, n) => blockModules(group + 1, n, convolutions)).flat(),
  );
  return [...normed(['conv1', 'bn1'], ['conv1', 'norm1']), ...groups, layer('fc', 'logits')];
}

function blockModules(group: number, n: number, convolutions: 2 | 3): readonly TorchModule[] {
  const [theirs, ours] = [`layer${group}.${n}`, `conv${group + 1}_${n + 1}`];
  const branch = Array.from({ length: convolutions }, (_, i) => i + 1).flatMap((i) =>
    normed([`${theirs}.conv${i}`, `${theirs}.bn${i}`], [`${ours}/conv${i}`, `${ours}/norm${i}`]),
  );
  // The first block of a group changes the shape. With two convolutions, that of the first group does not.
  if (n > 0 || (convolutions === 2 && group === 1)) return branch;
  const shortcut = `${theirs}.downsample`;
  return [...branch, ...normed([`${shortcut}.0`, `${shortcut}.1`], [`${ours}/shortcut/conv`, `${ours}/shortcut/norm`])];
}
