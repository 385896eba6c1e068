import { inject } from 'vitest';
import { npm } from '../consumer/run-in.ts';

const INSTALL = ['install', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];

/** Installs a project's packages, and the packed package. Throws an error that says so if npm can't get them. */
export async function installIn(project: string, what: string): Promise<void> {
  try {
    await npm(project, 'npm', ...INSTALL, '--no-save', inject('tarball'));
  } catch (cause) {
    throw new Error(`npm could not install ${what}: this test needs npm's registry, and about 1 GB of temporary disk`, {
      cause,
    });
  }
}
