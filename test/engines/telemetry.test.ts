import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { main, squirrel } from '../support/sluice.ts';
import { scratch } from '../support/media.ts';

/** What is left in a home and a temporary folder of its own by a run on ONNX Runtime. */
function leftBehind(more: Readonly<Record<string, string>>): string[] {
  const folder = scratch();
  const [home, temporary] = [path.join(folder, 'home'), path.join(folder, 'tmp')];
  mkdirSync(home);
  mkdirSync(temporary);
  // Nothing else: it is silent where it thinks it is being tested.
  const env = { PATH: process.env['PATH'], HOME: home, TMPDIR: temporary, ...more };
  const { status, stderr } = spawnSync(
    process.execPath,
    [main, 'classify', '--quiet', '--engine', 'onnxruntime', squirrel],
    { env },
  );
  expect([status, String(stderr)]).toEqual([0, '']);
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [path.join(entry.parentPath, entry.name)] : [],
  );
}

it('ONNX Runtime keeps no number of this machine and no log of what ran', () => {
  expect(leftBehind({})).toEqual([]);
});

// Only so that the test above can fail: on systems where ONNX Runtime reports nothing there is nothing to turn off.
it.skipIf(process.platform !== 'linux')('it does where its user wants that', () => {
  expect(leftBehind({ ORT_DISABLE_TELEMETRY: '0' }).length).toBeGreaterThan(0);
});
