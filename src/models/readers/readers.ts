import { WeightsError } from '../../errors/errors.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import type { ModelReader } from './model-reader.ts';
import { foreignFormat } from './foreign-formats.ts';
import { kerasReader } from './keras-reader.ts';
import { safetensorsReader } from './safetensors-reader.ts';
import { tfjsReader } from './tfjs-reader.ts';

/** The readers of all formats. The first reader that recognizes a main file reads it. */
const READERS: readonly ModelReader[] = [safetensorsReader, kerasReader, tfjsReader];

/** Loads a model's main file and finds its reader. Throws `WeightsError` for a file of an unknown format, of which it reads only the beginning. */
export async function openModel(
  files: ModelFiles,
): Promise<{ readonly reader: ModelReader; readonly main: Uint8Array }> {
  const main = await files.main((head) => readerOf(files, head).maxBytes(head, files.name));
  return { reader: readerOf(files, main), main };
}

function readerOf({ name }: ModelFiles, head: Uint8Array): ModelReader {
  const foreign = foreignFormat(name, head);
  if (foreign !== undefined) throw new WeightsError(`${name} ${foreign}`);
  const reader = READERS.find((candidate) => candidate.recognizes(head));
  if (reader) return reader;
  const isPage = new TextDecoder().decode(head.subarray(0, 100)).trimStart().startsWith('<');
  const remedy = isPage
    ? '. It is a web page: give the URL of the file itself, or that of its folder, which ends in /'
    : '';
  throw new WeightsError(
    `${name} is not a model file: it is neither ${READERS.map(({ title }) => title).join(' nor ')}${remedy}`,
  );
}
