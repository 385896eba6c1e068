import type { TorchFamily } from './torch-family.ts';
import { torchFamilies } from './torch-families.ts';

/** The names of a family's tensors. */
export function tensorNames({ modules }: TorchFamily): string[] {
  return modules.flatMap(({ name, tensors }) => Object.values(tensors).map((tensor) => `${name}.${tensor}`));
}

/**
 * The family whose names are most like those of a file: whose common names are the largest part of the names of both together.
 * Undefined where that is less than half.
 */
export function recognize(given: ReadonlySet<string>): TorchFamily | undefined {
  const rated = torchFamilies().map((family) => {
    const names = tensorNames(family);
    const common = names.filter((name) => given.has(name)).length;
    return { family, part: common / (names.length + given.size - common) };
  });
  const [best] = rated.toSorted((a, b) => b.part - a.part);
  return best && best.part >= 0.5 ? best.family : undefined;
}
