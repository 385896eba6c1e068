// Runs the modules that examples.test.ts made of a guide's examples, one after another, in the folder that they are in.
// What each printed goes to the file printed.json. The process ends by itself when nothing is left to do.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

/** An example that has printed less than it should after this time has failed. */
const WAIT_MS = 60_000;

/** @type {{ file: string, where: string, prints: string[] }[]} */
const examples = JSON.parse(readFileSync('examples.json', 'utf8'));
/** @type {Record<string, string[]>} */
const printed = {};

/** The console of one example: keeps what it prints. */
globalThis.exampleConsole = (where) => ({
  ...console,
  log: (...values) => {
    const texts = values.map((value) =>
      typeof value === 'string' ? value : inspect(value, { breakLength: Infinity }),
    );
    printed[where].push(texts.join(' '));
  },
});

for (const { file, where, prints } of examples) {
  const lines = (printed[where] = []);
  try {
    await import(pathToFileURL(path.resolve(file)).href);
  } catch (error) {
    throw new Error(`${where} failed`, { cause: error });
  }
  // It may go on after its last line: a subscription.
  const until = performance.now() + WAIT_MS;
  while (lines.length < prints.length && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
process.on('exit', () => writeFileSync('printed.json', JSON.stringify(printed)));
