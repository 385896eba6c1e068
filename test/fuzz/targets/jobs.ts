import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lastValueFrom, toArray } from 'rxjs';
import { labelFiles } from 'sluice/node';
import { JobFolder } from '../../../src/batch/job-folder.ts';
import { isManifest, type Manifest } from '../../../src/batch/manifest.ts';
import type { FilePart } from '../../../src/batch/file-part.ts';
import type { PartStore } from '../../../src/batch/part-store.ts';
import { long } from '../../support/clips.ts';
import { textOf, type Input } from '../input.ts';
import { Finding, type FuzzTarget } from '../target.ts';

/** The manifest, the plans and the parts of a job. What is read back is what was written, or counts as not done. */
let good: { readonly input: Input; readonly manifest: Manifest; readonly lines: ReadonlySet<string> };

export const jobs: FuzzTarget = {
  async seeds() {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
    const job = path.join(folder, 'job');
    const results = labelFiles([long()], {
      model: 'lenet5',
      seed: 1,
      fit: 'contain',
      engine: 'cpu',
      workers: 1,
      job,
      every: 5,
    });
    await lastValueFrom(results.pipe(toArray()));
    const input = filesIn(job);
    rmSync(folder, { recursive: true });
    const manifest: unknown = JSON.parse(textOf(input['manifest.json']));
    if (!isManifest(manifest)) throw new Error('the job has no manifest');
    const lines = Object.values(input).flatMap((bytes) => textOf(bytes).split('\n'));
    good = { input, manifest, lines: new Set(lines) };
    return [input];
  },
  async read(input, { folder }) {
    const { manifest, lines } = good;
    for (const [name, bytes] of Object.entries(input)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), bytes);
    }
    const job = new JobFolder(folder);
    try {
      const store = job.open(manifest);
      const [source] = manifest.inputs;
      if (!source) throw new Error('the job has no input');
      const parts = store.readPlan(0, source);
      if (typeof parts === 'string') return;
      for (const part of parts) await checkPart(store, part, source, lines);
    } finally {
      job.close();
    }
  },
};

async function checkPart(
  store: PartStore,
  part: FilePart,
  source: Manifest['inputs'][number],
  lines: ReadonlySet<string>,
): Promise<void> {
  if (typeof store.account(part, source) === 'string') return;
  for await (const line of store.lines(part, source)) {
    if (!lines.has(line)) throw new Finding(`a changed part was believed: ${line.slice(0, 200)}`);
  }
}

function filesIn(folder: string): Input {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name))]));
}
