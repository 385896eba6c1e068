import { WeightsError } from '../../errors/errors.ts';
import { MAX_JSON, MAX_WEIGHT_BYTES } from '../limits.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import type { ModelReader } from './model-reader.ts';
import { safetensorsReader } from './safetensors-reader.ts';
import { tfjsReader } from './tfjs-reader.ts';

/** The readers of all formats. The first reader that recognizes a main file reads it. */
const READERS: readonly ModelReader[] = [safetensorsReader, tfjsReader];

/** The maximum size of a main file, which may contain the weights. */
const MAX_FILE = MAX_JSON + MAX_WEIGHT_BYTES;

/** Loads a model's main file and finds its reader. Throws `WeightsError` for a file of an unknown format. */
export async function openModel(
  files: ModelFiles,
): Promise<{ readonly reader: ModelReader; readonly main: Uint8Array }> {
  const main = await files.main(MAX_FILE);
  const reader = READERS.find((candidate) => candidate.recognizes(main));
  if (reader) return { reader, main };
  const isPage = new TextDecoder().decode(main.subarray(0, 100)).trimStart().startsWith('<');
  const remedy = isPage
    ? '. It is a web page: give the URL of the file itself, or that of its folder, which ends in /'
    : '';
  throw new WeightsError(
    `${files.name} is not a model file: it is neither ${READERS.map(({ title }) => title).join(' nor ')}${remedy}`,
  );
}
