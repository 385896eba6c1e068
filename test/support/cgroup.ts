import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Limits of a container: bytes of memory, and cores. */
export interface CgroupLimits {
  readonly memory?: number;
  readonly cores?: number;
}

const TREE = '/sys/fs/cgroup';
const PERIOD_US = 100_000;

/** A cgroup with these limits, in v1 or v2. Undefined where this process may not make one: then tests of it are left out. */
export function makeCgroup({ memory, cores }: CgroupLimits): Cgroup | undefined {
  const name = `sluice-test-${process.pid}-${counter++}`;
  const isV2 = existsSync(path.join(TREE, 'cgroup.controllers'));
  const folders = isV2 ? [path.join(TREE, name)] : ['memory', 'cpu'].map((one) => path.join(TREE, one, name));
  const cgroup = new Cgroup(folders);
  try {
    for (const folder of folders) mkdirSync(folder);
    const [forMemory = '', forCores = forMemory] = folders;
    const quota = (cores ?? 0) * PERIOD_US;
    if (memory !== undefined) {
      writeFileSync(path.join(forMemory, isV2 ? 'memory.max' : 'memory.limit_in_bytes'), String(memory));
    }
    if (cores !== undefined && isV2) writeFileSync(path.join(forCores, 'cpu.max'), `${quota} ${PERIOD_US}`);
    if (cores !== undefined && !isV2) writeFileSync(path.join(forCores, 'cpu.cfs_quota_us'), String(quota));
    return cgroup;
  } catch {
    cgroup.removeNow();
    return undefined;
  }
}

let counter = 0;

/** A cgroup that was made for a test. */
export class Cgroup {
  readonly #folders: readonly string[];

  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** A command that moves itself into the cgroup and runs the program that its arguments name. */
  get command(): readonly [string, ...string[]] {
    const moves = this.#folders.map((folder) => `echo $$ > '${folder}/cgroup.procs'`);
    return ['sh', '-c', `${moves.join(' && ')} && exec "$@"`, 'sh'];
  }

  /** How many of its processes the kernel killed, because they took more memory than they may. */
  get kills(): number {
    const file = ['memory.oom_control', 'memory.events']
      .map((name) => path.join(this.#folders[0] ?? '', name))
      .find(existsSync);
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file ?? '', 'utf8'))?.[1]);
  }

  /** Removes it when its processes have ended. */
  async remove(): Promise<void> {
    for (let tries = 0; !this.removeNow(); tries++) {
      if (tries > 500) throw new Error('a cgroup still has processes');
      await wait(20);
    }
  }

  removeNow(): boolean {
    try {
      for (const folder of this.#folders) if (existsSync(folder)) rmdirSync(folder);
      return true;
    } catch {
      return false;
    }
  }
}
