import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll } from 'vitest';

// Each test file has a temporary folder inside the run's folder (run-folder.ts), because two files run at the same time.
const folder = mkdtempSync(path.join(process.env['RUN_FOLDER'] ?? '', 'file-'));
Object.assign(process.env, { TMPDIR: folder, TEMP: folder, TMP: folder });
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

// Property tests without a seed of their own draw the same inputs in every run. FUZZ_SEED draws others.
(await import('fast-check')).configureGlobal({ seed: Number(process.env['FUZZ_SEED'] || 20_260_105) });
