import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * Gives this run of the tests a temporary folder of its own, in which the workers and the processes that they start put
 * their files, and removes it at the end. So a second run at the same time never sees this one's files.
 */
export default function setup(): (() => void) | undefined {
  // Each project of Vitest's configuration calls it.
  if (process.env['RUN_FOLDER_OF'] === String(process.pid)) return undefined;
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'sluice-tests-'));
  // TMPDIR is read on Linux and macOS, TEMP and TMP on Windows.
  Object.assign(process.env, {
    ...{ TMPDIR: folder, TEMP: folder, TMP: folder, RUN_FOLDER: folder, RUN_FOLDER_OF: String(process.pid) },
    SLUICE_CACHE: path.join(folder, 'cache'),
  });
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
