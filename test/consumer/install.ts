// Packs the package and installs it into a project of its own: what the consumer tests look at is what users get.
import { cpSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { nodePackages } from './node-versions.ts';
import { pack } from './pack.ts';
import { npm } from './run-in.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The project that the package is installed in. */
    consumer: string;
  }
}

const root = path.resolve(import.meta.dirname, '../..');
const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--no-save', '--ignore-scripts'];

export default async function install({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-consumer-'));
  // Asynchronous, because Vitest ends its workers at the same time.
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const tarball = await pack(folder);
    const project = path.join(folder, 'project');
    cpSync(path.join(import.meta.dirname, 'project'), project, { recursive: true });
    cpSync(path.join(root, 'test/types'), path.join(project, 'types'), { recursive: true });
    await npm(project, 'npm', ...INSTALL, tarball, ...nodePackages());
    provide('consumer', project);
    provide('tarball', tarball);
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}
