import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { pack } from '../consumer/pack.ts';

/** Packs the package once, for the projects of all these tests. */
export default async function packOnce({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-packed-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    provide('tarball', await pack(folder));
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}
