#!/usr/bin/env node
import { openFilesError } from './open-files.ts';
import { print } from './output.ts';

let isEnding = false;

// Node would print a stack. All other modules are loaded here, so that this one can say why they did not load.
process.on('uncaughtException', (error) => void end(error));
try {
  await import('./program.ts');
} catch (error) {
  await end(error);
}

/** Prints the error as one line and ends the process. */
async function end(error: unknown): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  const text = openFilesError(error) ?? (await describe(error));
  print(process.stderr, `sluice: error: ${text.replaceAll('\n', ' ')}\n`);
  process.exit(1);
}

async function describe(error: unknown): Promise<string> {
  try {
    return (await import('./error-text.ts')).errorText(error);
  } catch {
    return String(error);
  }
}
