import { totalmem } from 'node:os';
import type { MachineLimits } from '../engines/machine-limits.ts';

/** How much of a machine's memory the workers take, because others use the machine, too. */
const OF_MACHINE = 1 / 4;
/** How much of a container's memory they take at most: all but what the main process and the kernel need. */
const OF_CONTAINER = 3 / 4;

/** The memory that the workers may take together. */
export interface MemoryShare {
  readonly bytes: number;
  /** Where the number comes from: `850 MB, as asked for`. */
  readonly origin: string;
  /** Says that more was asked for than a container has. */
  readonly warning?: string;
}

/**
 * Returns how much memory the workers may take: `memory` bytes, by default a quarter of the machine's memory. In a container
 * they take three quarters of its memory at most, because the kernel kills processes that need more than it has.
 */
export function memoryShare(
  memory: number | undefined,
  { memory: all, memoryLimit }: Pick<MachineLimits, 'memory' | 'memoryLimit'>,
): MemoryShare {
  const most = memoryLimit === undefined ? Infinity : all * OF_CONTAINER;
  const asked = memory ?? totalmem() * OF_MACHINE;
  if (asked <= most) {
    const origin = memory === undefined ? "a quarter of the machine's memory" : 'as asked for';
    return { bytes: asked, origin: `${megabytes(asked)}, ${origin}` };
  }
  const bytes = megabytes(most);
  const limited = { bytes: most, origin: `${bytes}, three quarters of the container's memory: ${memoryLimit}` };
  if (memory === undefined) return limited;
  const warning = `memory is ${megabytes(memory)}, but ${memoryLimit}: the workers take ${bytes}, three quarters of that`;
  return { ...limited, warning };
}

/** An amount of memory in words. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
