import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { machineLimits } from '../../src/engines/machine-limits.ts';
import { scratch } from '../support/media.ts';

/** A root folder with these files below it. */
function root(files: Readonly<Record<string, string>>): string {
  const folder = scratch();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

const V2 = {
  'proc/self/cgroup': '0::/app/web\n',
  'proc/self/mountinfo': '31 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n',
};
const OWN = 'sys/fs/cgroup/app/web';

/** As Docker shows it: the path on the host, with mounts of the container's own cgroups. */
const V1 = {
  'proc/self/cgroup':
    '4:memory:/docker/c0ffee\n3:cpu,cpuacct:/docker/c0ffee\n1:name=systemd:/docker/c0ffee\n0::/system\n',
  'proc/self/mountinfo': [
    '20 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '32 31 0:29 /docker/c0ffee /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:11 - cgroup cgroup rw,cpu,cpuacct',
    '35 31 0:32 /docker/c0ffee /sys/fs/cgroup/memory ro,nosuid master:15 - cgroup cgroup rw,memory',
    '36 31 0:33 / /sys/fs/cgroup/systemd ro - cgroup systemd rw,name=systemd\n',
  ].join('\n'),
};

/** The machine's own limits apply where no fixture states a lower one. */
const machine = { cores: machineLimits().cores, memory: machineLimits().memory };

describe('limits of memory', () => {
  it.each([
    ['v2', { ...V2, [`${OWN}/memory.max`]: '314572800\n' }, 'memory.max'],
    [
      'v2, throttled from there on',
      { ...V2, [`${OWN}/memory.high`]: '314572800\n', [`${OWN}/memory.max`]: 'max\n' },
      'memory.high',
    ],
    [
      'v2, of a cgroup around',
      { ...V2, 'sys/fs/cgroup/app/memory.max': '314572800\n', [`${OWN}/memory.max`]: '900000000\n' },
      'memory.max',
    ],
    ['v2, of the mount itself', { ...V2, 'sys/fs/cgroup/memory.max': '314572800\n' }, 'memory.max'],
    ['v1', { ...V1, 'sys/fs/cgroup/memory/memory.limit_in_bytes': '314572800\n' }, 'memory.limit_in_bytes'],
    [
      'v1 with the whole tree mounted',
      {
        'proc/self/cgroup': '4:memory:/a/b\n',
        'proc/self/mountinfo': '35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
        'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
        'sys/fs/cgroup/memory/a/memory.limit_in_bytes': '400000000\n',
        'sys/fs/cgroup/memory/a/b/memory.limit_in_bytes': '314572800\n',
      },
      'memory.limit_in_bytes',
    ],
    [
      'a mount at a path with a blank',
      {
        'proc/self/cgroup': '0::/\n',
        'proc/self/mountinfo': '31 23 0:26 / /my\\040groups rw - cgroup2 cgroup2 rw\n',
        'my groups/memory.max': '314572800\n',
      },
      'memory.max',
    ],
  ])('%s', (_, files, by) => {
    expect(machineLimits(root(files))).toMatchObject({ memory: 314_572_800, memoryLimit: `${by} allows 315 MB` });
  });

  it.each([
    ['max', { ...V2, [`${OWN}/memory.max`]: 'max\n' }],
    ['the largest number', { ...V1, 'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' }],
    ['more than the machine has', { ...V2, [`${OWN}/memory.max`]: `${2 * totalmem()}\n` }],
    ['a damaged file', { ...V2, [`${OWN}/memory.max`]: '3OO MB\n' }],
    ['an empty file', { ...V2, [`${OWN}/memory.max`]: '' }],
    ['a negative number', { ...V2, [`${OWN}/memory.max`]: '-1\n' }],
    ['a folder in place of the file', { ...V2, [`${OWN}/memory.max/x`]: '' }],
    ['a limit of another cgroup', { ...V2, 'sys/fs/cgroup/app/mail/memory.max': '1000000\n' }],
    ['a cgroup with a name that begins the same', { ...V2, 'sys/fs/cgroup/app/web2/memory.max': '1000000\n' }],
    [
      'a cgroup outside of the namespace',
      { ...V2, 'proc/self/cgroup': '0::/../app/web\n', [`${OWN}/memory.max`]: '1000000\n' },
    ],
    ['no mount', { ...V2, 'proc/self/mountinfo': '', [`${OWN}/memory.max`]: '1000000\n' }],
    ['damaged lists', { 'proc/self/cgroup': '\0\n::\nx', 'proc/self/mountinfo': 'cgroup2\n - cgroup2 - \n\n' }],
    ['no file at all', {}],
  ])('%s is none', (_, files) => {
    expect(machineLimits(root(files))).toMatchObject(machine);
  });
});

describe('limits of cores', () => {
  it.runIf(availableParallelism() > 1).each([
    ['v2', { ...V2, [`${OWN}/cpu.max`]: '100000 100000\n' }, 'cpu.max allows 1 core'],
    ['v2, a part of a core', { ...V2, [`${OWN}/cpu.max`]: '25000 100000\n' }, 'cpu.max allows 0.25 cores'],
    [
      'v2, of a cgroup around',
      { ...V2, 'sys/fs/cgroup/app/cpu.max': '50000 50000\n', [`${OWN}/cpu.max`]: 'max 100000\n' },
      'cpu.max allows 1 core',
    ],
    [
      'v1',
      {
        ...V1,
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '50000\n',
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      },
      'cpu.cfs_quota_us allows 0.5 cores',
    ],
  ])('%s', (_, files, coresLimit) => {
    expect(machineLimits(root(files))).toMatchObject({ cores: 1, coresLimit });
  });

  it('a part of a core is one more', () => {
    const quota = (availableParallelism() - 1.5) * 100_000;
    const files = { ...V2, [`${OWN}/cpu.max`]: `${Math.max(1000, quota)} 100000\n` };
    expect(machineLimits(root(files)).cores).toBe(Math.max(1, availableParallelism() - 1));
  });

  it.each([
    ['max', { ...V2, [`${OWN}/cpu.max`]: 'max 100000\n' }],
    [
      '-1',
      {
        ...V1,
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
        'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
      },
    ],
    ['more than there are', { ...V2, [`${OWN}/cpu.max`]: '100000000 100000\n' }],
    ['a quota without a period', { ...V2, [`${OWN}/cpu.max`]: '100000' }],
    ['a period of 0', { ...V2, [`${OWN}/cpu.max`]: '100000 0' }],
    ['nonsense', { ...V2, [`${OWN}/cpu.max`]: 'one core please' }],
  ])('%s is none', (_, files) => {
    expect(machineLimits(root(files)).cores).toBe(machine.cores);
  });
});
