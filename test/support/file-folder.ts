import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

// Each test file has a temporary folder inside the run's folder (run-folder.ts), because two files run at the same time.
const folder = mkdtempSync(path.join(tmpdir(), 'file-'));
Object.assign(process.env, { TMPDIR: folder, TEMP: folder, TMP: folder });
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

// Property tests without a seed of their own draw theirs anew in each run, and print it when they fail. FUZZ_SEED sets it.
const { FUZZ_SEED } = process.env;
if (FUZZ_SEED) (await import('fast-check')).configureGlobal({ seed: Number(FUZZ_SEED) });
