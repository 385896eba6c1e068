import { cgroupFiles, type ReadFile } from './cgroup-files.ts';

/** What this process may use of the machine. In a container that is less than the machine has. */
export interface MachineLimits {
  /** How many cores compute for this process at most. At least 1. */
  readonly cores: number;
  /** How many bytes of memory this process and its children may take together. */
  readonly memory: number;
  /** Why `cores` is less than the machine has: `cpu.max allows 1.5 cores`. Undefined if it is not. */
  readonly coresLimit?: string;
  /** Why `memory` is less than the machine has: `memory.max allows 300 MB`. Undefined if it is not. */
  readonly memoryLimit?: string;
}

/** A limit, and the file that states it. */
interface Limit {
  readonly value: number;
  readonly by: string;
}

/** The files of cgroup v2, then of v1. From `memory.high` on, the kernel slows the processes down. */
const MEMORY_FILES = ['memory.max', 'memory.high', 'memory.limit_in_bytes'];

/**
 * Returns how many cores and how much memory this process may use (Node). It reads the limits of the process's cgroup and of
 * those around it, in v1 and v2, because `os.availableParallelism()` knows no quota and `os.totalmem()` no limit.
 *
 * A part of a core counts as one core: work for one core too few would leave some of the quota unused. `root` is the folder
 * that `proc` and `sys` are in.
 */
export function machineLimits(root = '/'): MachineLimits {
  const { availableParallelism, totalmem } = process.getBuiltinModule('node:os');
  const files = cgroupFiles(root);
  const cores = lowest(files.flatMap(coresIn));
  const memory = lowest([...files.flatMap(memoryIn), ...constrainedMemory()]);
  const quota = Math.ceil(cores.value);
  const isQuota = quota < availableParallelism();
  const isLimited = memory.value < totalmem();
  return {
    cores: isQuota ? quota : availableParallelism(),
    memory: isLimited ? memory.value : totalmem(),
    ...(isQuota ? { coresLimit: `${cores.by} allows ${coresText(cores.value)}` } : {}),
    ...(isLimited ? { memoryLimit: `${memory.by} allows ${Math.round(memory.value / 1e6)} MB` } : {}),
  };
}

function memoryIn(read: ReadFile): Limit[] {
  return MEMORY_FILES.map((by) => ({ by, value: positive(read(by)) }));
}

function coresIn(read: ReadFile): Limit[] {
  const [quota, period] = read('cpu.max')?.split(' ') ?? [];
  const [quotaV1, periodV1] = [read('cpu.cfs_quota_us'), read('cpu.cfs_period_us')];
  return [
    { by: 'cpu.max', value: positive(quota) / positive(period) },
    { by: 'cpu.cfs_quota_us', value: positive(quotaV1) / positive(periodV1) },
  ];
}

/** Node's own answer. It is 0 or larger than any memory if there is no limit. */
function constrainedMemory(): Limit[] {
  return [{ by: 'the system', value: positive(String(process.constrainedMemory())) }];
}

/** A number over 0. Anything else (`max`, `-1`, a damaged or missing file) is no limit. */
function positive(text = ''): number {
  const value = Number(text);
  return value > 0 ? value : Infinity;
}

function lowest(limits: readonly Limit[]): Limit {
  const none = { by: '', value: Infinity };
  return limits.reduce((least, limit) => (limit.value > 0 && limit.value < least.value ? limit : least), none);
}

function coresText(cores: number): string {
  const rounded = Number(cores.toFixed(2));
  return `${rounded} ${rounded === 1 ? 'core' : 'cores'}`;
}
