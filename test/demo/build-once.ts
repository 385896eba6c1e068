import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The folder of the built page. */
    demoPage: string;
  }
}

/** Builds the page once, for all these tests, in the folder of this run (run-folder.ts), which is removed at the end. */
export default async function buildOnce({ provide }: TestProject): Promise<void> {
  const outDir = mkdtempSync(path.join(tmpdir(), 'sluice-demo-'));
  const configFile = path.resolve('demo/vite.config.ts');
  await build({ configFile, logLevel: 'error', build: { outDir, emptyOutDir: true } });
  provide('demoPage', outDir);
}
