import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Runs a program of an installed package with this Node and ends this process if it fails. */
export function runPackage(name: string, program: string, args: readonly string[]): void {
  const path = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), program);
  const { status, signal } = spawnSync(process.execPath, [path, ...args], { stdio: 'inherit' });
  if (status !== 0) process.exit(signal ? 1 : (status ?? 1));
}
