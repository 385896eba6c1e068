#!/usr/bin/env node
import { openFilesError } from './open-files.ts';

try {
  // Loaded here, so that this file can say why it did not load.
  await import('./program.ts');
} catch (error) {
  const why = openFilesError(error);
  if (why === undefined) throw error;
  process.stderr.write(`sluice: error: ${why}\n`);
  process.exitCode = 1;
}
