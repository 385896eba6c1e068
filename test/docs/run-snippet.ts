import * as fs from 'node:fs/promises';
import * as http from 'node:http';
import * as stream from 'node:stream';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import * as rxjs from 'rxjs';
import * as sluice from 'sluice';
import * as sluiceNode from 'sluice/node';
import * as testing from 'sluice/testing';
import * as mobilenet from 'sluice/pipelines/mobilenet-v1';
import * as squeezenet from 'sluice/pipelines/squeezenet';
import { transformWithOxc } from 'vite';
import type { Snippet } from './snippets.ts';

/** What a snippet may import; the same names are in scope without an import, as in a reader's head. */
const MODULES: Record<string, object> = {
  sluice,
  'sluice/node': sluiceNode,
  'sluice/testing': testing,
  'sluice/pipelines/mobilenet-v1': mobilenet,
  'sluice/pipelines/squeezenet': squeezenet,
  rxjs,
  '@tensorflow/tfjs-core': tf,
  'node:fs/promises': fs,
  'node:http': http,
  'node:stream': stream,
};

/**
 * Runs a snippet and gives what it printed. It may go on after it returns (a subscription): this waits until it has
 * printed as much as it says it will.
 */
export async function runSnippet({ where, code, prints }: Snippet, given: Record<string, unknown>): Promise<string[]> {
  const printed: string[] = [];
  const log = (...values: unknown[]) => {
    printed.push(
      values.map((value) => (typeof value === 'string' ? value : inspect(value, { breakLength: Infinity }))).join(' '),
    );
  };
  const scope = {
    ...rxjs,
    ...sluice,
    ...sluiceNode,
    ...testing,
    ...mobilenet,
    ...squeezenet,
    writeFile: fs.writeFile,
    readFile: fs.readFile,
    rename: fs.rename,
    createServer: http.createServer,
    Readable: stream.Readable,
    rxjs,
    tf,
    ...given,
    console: { ...console, log },
  };
  // Modules can't be made from text here; a snippet's own address is the folder it runs in.
  const here = pathToFileURL(`${process.cwd()}/`).href;
  const body = `export default async () => {${withoutImports(code).replaceAll('import.meta.url', JSON.stringify(here))}\n}`;
  const { code: javascript } = await transformWithOxc(body, `${where}.ts`);
  // eslint-disable-next-line no-implied-eval -- running the documentation's code is what this is for
  const run = new Function(...Object.keys(scope), javascript.replace('export default', 'return')) as (
    ...values: unknown[]
  ) => () => Promise<void>;
  await run(...Object.values(scope))();
  const until = performance.now() + 100_000;
  while (printed.length < prints.length && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return printed;
}

/** Imports become look-ups in the modules above, so that one that does not exist fails. */
function withoutImports(code: string): string {
  return code.replaceAll(
    /^import (?:\* as \w+|\{([^}]*)\}) from '([^']+)';$/gm,
    (_, names: string | undefined, from: string) => {
      const module = MODULES[from];
      if (!module) throw new Error(`the documentation imports ${from}, which a snippet can't`);
      for (const name of (names ?? '').split(',').map((part) => part.trim())) {
        if (name && !name.startsWith('type ') && !(name in module)) throw new Error(`${from} does not export ${name}`);
      }
      return '';
    },
  );
}
