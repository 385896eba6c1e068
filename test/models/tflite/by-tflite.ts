import { readFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extract } from 'tar';
import { npmArchive } from '../../support/npm-archive.ts';
import type { Grid } from '../../support/reference.ts';

/** The part of Google's build of TFLite's runtime for the web that is used. Its classes are C++ objects. */
interface Runtime {
  readonly HEAPU8: Uint8Array;
  readonly _malloc: (bytes: number) => number;
  readonly _free: (place: number) => void;
  readonly TFLiteWebModelRunner: {
    CreateFromBufferAndOptions(
      place: number,
      bytes: number,
      options: object,
    ): { ok(): boolean; errorMessage(): string; value(): Runner };
  };
}

interface Runner {
  GetInputs(): List;
  GetOutputs(): List;
  Infer(): boolean;
  delete(): void;
}

interface List {
  size(): number;
  get(i: number): { readonly shape: string; readonly dataType: string; data(): Numbers };
}

type Numbers = Float32Array | Int32Array | Int8Array | Uint8Array;

/** Computes the first output of a file for an input. Quantized inputs and outputs are whole numbers. */
export type ByTflite = (file: Uint8Array, x: ArrayLike<number>) => Grid;

/**
 * TFLite's own runtime, 2.9 of 2022 (Apache-2.0), from the npm package tfjs-tflite, which is not installed. Undefined where npm cannot
 * reach it.
 */
export async function tfliteRuntime(): Promise<ByTflite | undefined> {
  const archive = await npmArchive(
    '@tensorflow/tfjs-tflite@0.0.1-alpha.10',
    'ce63551608097a5ecb0f0128fc64c53c15843a851fcd17f83e66e1908a628d71',
  );
  if (archive === undefined) return undefined;
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-tflite-'));
  const name = 'package/wasm/tflite_web_api_cc_simd';
  await extract({ file: archive, cwd: folder, filter: (entry) => entry.startsWith(`${name}.`) });
  const script = readFileSync(path.join(folder, `${name}.js`), 'utf8');
  const wasmBinary = readFileSync(path.join(folder, `${name}.wasm`));
  rmSync(folder, { recursive: true });
  // The script is for pages: a global variable is what it exports.
  // eslint-disable-next-line no-new-func, typescript/no-implied-eval -- the code is pinned by its hash
  const load = new Function('require', '__filename', '__dirname', `${script};return tflite_web_api_ModuleFactory;`);
  const factory = load(createRequire(import.meta.url), 'tflite.js', tmpdir()) as (options: object) => Promise<Runtime>;
  const said: string[] = [];
  const runtime = await factory({ wasmBinary, print: () => undefined, printErr: (line: string) => said.push(line) });
  return (file, x) => {
    said.length = 0;
    try {
      return computed(runtime, file, x);
    } catch (cause) {
      throw new Error(said.filter((line) => line.startsWith('ERROR')).join('; '), { cause });
    }
  };
}

function computed(runtime: Runtime, file: Uint8Array, x: ArrayLike<number>): Grid {
  const { _malloc: reserve, _free: free } = runtime;
  const place = reserve(file.length);
  runtime.HEAPU8.set(file, place);
  try {
    const options = { numThreads: 1, enableProfiling: false, maxProfilingBufferEntries: 1 };
    const made = runtime.TFLiteWebModelRunner.CreateFromBufferAndOptions(place, file.length, options);
    if (!made.ok()) throw new Error(`TFLite refuses the file: ${made.errorMessage()}`);
    const runner = made.value();
    try {
      runner.GetInputs().get(0).data().set(x);
      if (!runner.Infer()) throw new Error('TFLite cannot run the file');
      const output = runner.GetOutputs().get(0);
      return { shape: output.shape.split(',').filter(Boolean).map(Number), data: Array.from(output.data()) };
    } finally {
      runner.delete();
    }
  } finally {
    free(place);
  }
}
