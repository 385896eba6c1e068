import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const run = (program: string, ...args: readonly string[]): void =>
  void execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** A file system in a file, mounted below `folder`. Needs the right to mount. */
export class DiskImage {
  readonly image: string;
  /** Where it is mounted. */
  readonly at: string;

  constructor(folder: string, image?: string) {
    this.image = image ?? path.join(folder, 'disk.img');
    this.at = path.join(folder, 'disk');
    mkdirSync(this.at, { recursive: true });
    if (image === undefined) {
      writeFileSync(this.image, '');
      truncateSync(this.image, 64 * 2 ** 20);
      run('mkfs.ext4', '-q', '-F', this.image);
    }
    run('mount', '-o', 'loop', this.image, this.at);
  }

  /** What the disk holds now, as after a power cut: the bytes that only the system's memory has are not in it. */
  cut(folder: string): DiskImage {
    mkdirSync(folder, { recursive: true });
    const copy = path.join(folder, 'cut.img');
    copyFileSync(this.image, copy);
    return new DiskImage(folder, copy);
  }

  unmount(): void {
    if (existsSync(this.at)) run('umount', this.at);
  }
}

/** Whether this process may mount file systems. */
export function canMount(folder: string): boolean {
  try {
    new DiskImage(folder).unmount();
    return true;
  } catch {
    return false;
  }
}
