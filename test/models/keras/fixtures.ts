import { readFileSync } from 'node:fs';
import { readH5 } from '../../../src/models/keras/read-h5.ts';
import { readKerasArchive } from '../../../src/models/keras/read-keras-archive.ts';
import type { LayersModelOptions } from '../../../src/models/layers/layers-model-options.ts';
import { toPipeline } from '../../../src/models/layers/to-pipeline.ts';

const folder = new URL('../../data/keras/', import.meta.url);

/** The bytes of a file of test/data/keras. */
export const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));

/** An input for each file, and the output that numpy computes. */
export const EXPECTED: Readonly<Record<string, Example>> = JSON.parse(
  readFileSync(new URL('expected.json', folder), 'utf8'),
) as Record<string, Example>;

interface Example {
  readonly input: readonly number[];
  readonly shape: readonly number[];
  readonly output: readonly number[];
}

/** Reads a Keras file as a pipeline. */
export function pipelineIn(
  name: string,
  bytes: Uint8Array,
  options: LayersModelOptions = {},
): ReturnType<typeof toPipeline> {
  const model = name.endsWith('.keras') ? readKerasArchive(name, bytes).model : readH5(name, bytes);
  return toPipeline(model, options);
}
