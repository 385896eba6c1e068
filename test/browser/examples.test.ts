import * as rxjs from 'rxjs';
import * as sluice from 'sluice';
import * as browser from 'sluice/browser';
import * as mobilenet from 'sluice/pipelines/mobilenet-v1';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import guide from '../../docs/browser.md?raw';
import readme from '../../README.md?raw';
import { allowCamera } from './support/camera.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

// What the documentation shows of what only browsers have, run as it stands.

const sources: Readonly<Record<string, string>> = import.meta.glob('../../src/**/{browser,worker}/*.ts', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const examples = Object.entries(sources).flatMap(([file, text]) =>
  [...text.matchAll(/@example\n((?:[ \t]*\*(?!\/).*\n)+?)[ \t]*(?:\*\/|\* @)/g)].map(
    (match) => [file.replace('../../', ''), (match[1] ?? '').replaceAll(/^[ \t]*\* ?/gm, '')] as const,
  ),
);
const MODULES: Readonly<Record<string, object>> = {
  rxjs,
  sluice,
  'sluice/browser': browser,
  'sluice/pipelines/mobilenet-v1': mobilenet,
};

beforeEach(() => allowCamera(true));

/** What is shown watches the camera for as long as the page is there; a test is over earlier. */
const over = new rxjs.Subject<void>();
const webcam = (options: browser.WebcamOptions) => {
  const camera = browser.webcam(options);
  return Object.assign(camera.pipe(rxjs.takeUntil(over)), { stream: camera.stream, ledger: camera.ledger });
};
afterEach(() => over.next());

/** Runs a snippet; imports become look-ups, so that one that does not exist fails. */
async function run(code: string, log: (...values: string[]) => void): Promise<void> {
  const body = code.replaceAll(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, names: string, from: string) => {
    if (!MODULES[from]) throw new Error(`the documentation imports ${from}, which a snippet can't`);
    for (const name of names.split(',').map((part) => part.trim())) {
      if (!(name in MODULES[from])) throw new Error(`${from} does not export ${name}`);
    }
    return '';
  });
  const scope = { ...sluice, ...browser, ...mobilenet, webcam, draw: () => undefined, console: { ...console, log } };
  // eslint-disable-next-line no-implied-eval -- running the documentation's code is what this is for
  const made = new Function(...Object.keys(scope), `return (async () => {${body}\n})();`) as (
    ...values: unknown[]
  ) => Promise<void>;
  await made(...Object.values(scope));
}

/** The blocks of a guide that are for browsers. */
const blocksIn = (text: string) => [...text.matchAll(/^```js browser\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);

it.each(
  blocksIn(guide)
    .slice(1)
    .map((code) => [code.split('\n')[0], code] as const),
)('docs/browser.md: %s', async (_first, code) => {
  const printed: string[] = [];
  await run(code, (...values) => printed.push(values.join(' ')));
  await vi.waitFor(() => expect(printed.length).toBeGreaterThan(0), { timeout: 50_000 });
  expect(printed[0]).toMatch(
    /^(not-a-video holiday\.mp4 is no video|(webgpu|webgl|wasm|cpu) |0 of 1 edges|\d+ × \d+$)/,
  );
});

it("the guide's first lines are the README's", () => {
  expect(blocksIn(guide)[0]).toBe(blocksIn(readme)[0]);
});

it('finds examples', () => {
  expect(examples.length).toBeGreaterThan(3);
});

it.each(examples)('%s', async (_file, code) => {
  await run(code, () => undefined);
});

it("the README's five lines say what the camera sees", { timeout: 110_000 }, async () => {
  await sluice.useEngine('wasm', { wasmPaths: WASM_PATHS });
  const [block = ''] = blocksIn(readme);
  expect(block).toContain('webcam(');
  const label = await new Promise<string>((resolve, reject) => {
    const printed: string[] = [];
    const log = (line: string) => {
      printed.push(line);
      // The clip is 14 s long, and begins anywhere: at most all of it.
      if (line === 'sulphur-crested cockatoo' || printed.length > 500) resolve(line);
    };
    run(block, log).catch(reject);
  });
  expect(label).toBe('sulphur-crested cockatoo');
});
