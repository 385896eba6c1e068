import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NETWORK } from '../support/clips.ts';
import { scratch } from '../support/media.ts';
import { sluice, tiny } from '../support/sluice.ts';

const recorder = pathToFileURL(path.resolve(import.meta.dirname, '../support/record-writes.mjs')).href;

/** What a run syncs, renames and deletes, in order, with paths below its folder. */
async function writesOf(folder: string, args: readonly string[]): Promise<string[]> {
  const log = path.join(scratch(), 'log');
  const env = { NODE_OPTIONS: `--import=${recorder}`, RECORD_WRITES: log };
  const { code, stderr } = await sluice([...args, ...NETWORK, '--quiet', '--engine', 'wasm', tiny()], {
    cwd: folder,
    env,
  });
  expect([code, stderr]).toEqual([0, '']);
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return lines.map((line) => {
    const [what, ...paths] = line.split('\t');
    // Temporary files have random names.
    return [what, ...paths.map((file) => path.relative(folder, file).replace(/\.[0-9a-f]{8}\.tmp$/, '.tmp'))].join(' ');
  });
}

/** Expects these in this order; other lines may lie between. */
function expectInOrder(lines: readonly string[], expected: readonly string[]): void {
  let at = -1;
  for (const line of expected) {
    const next = lines.indexOf(line, at + 1);
    expect(next, `"${line}" after line ${at} of\n${lines.join('\n')}`).toBeGreaterThan(at);
    at = next;
  }
}

describe('what a power failure after exit 0 must not undo', { timeout: 60_000 }, () => {
  it('results are on the disk under their name', async () => {
    const lines = await writesOf(scratch(), ['classify', '--out', 'out.ndjson']);
    expectInOrder(lines, ['sync out.ndjson.tmp', 'rename out.ndjson.tmp out.ndjson', 'sync ']);
  });

  it('so are their folders, annotated videos and reports', async () => {
    const args = ['--out', 'a/b/{name}.csv', '--annotate', 'a/c/{name}.mp4', '--report', 'report.html'];
    const lines = await writesOf(scratch(), ['classify', ...args]);
    expectInOrder(lines, [
      'sync a',
      'sync ',
      'sync a/b/tiny.csv.tmp',
      'rename a/b/tiny.csv.tmp a/b/tiny.csv',
      'sync a/b',
    ]);
    expectInOrder(lines, ['sync a/c/tiny.mp4.tmp', 'rename a/c/tiny.mp4.tmp a/c/tiny.mp4', 'sync a/c']);
    expectInOrder(lines, ['sync report.html.tmp', 'rename report.html.tmp report.html', 'sync ']);
  });

  it('so are the parts and the manifest of a job', async () => {
    const lines = await writesOf(scratch(), ['batch', '--workers', '1', '--job', 'job', '--out', 'out.ndjson']);
    const part = lines.find((line) => line.startsWith('rename job/') && line.includes('/000000-'))?.split(' ')[2] ?? '';
    expectInOrder(lines, [`sync ${part}.tmp`, `rename ${part}.tmp ${part}`, `sync ${path.dirname(part)}`]);
    expectInOrder(lines, ['sync job/manifest.json.tmp', 'rename job/manifest.json.tmp job/manifest.json', 'sync job']);
    expectInOrder(lines, ['sync out.ndjson.tmp', 'rename out.ndjson.tmp out.ndjson', 'sync ']);
  });

  it('a job leaves only after its results are on the disk', async () => {
    const lines = await writesOf(scratch(), ['batch', '--workers', '1', '--out', 'out.ndjson']);
    const deleted = lines.find((line) => /^delete (?!.*(lock|tmp))/.test(line)) ?? '';
    expect(deleted).not.toBe('');
    expectInOrder(lines, ['sync out.ndjson.tmp', 'rename out.ndjson.tmp out.ndjson', 'sync ', deleted]);
  });
});
