import { WeightsError } from '../../errors/errors.ts';
import { kerasFormat } from '../keras/keras-file.ts';
import { MAX_JSON, MAX_ONNX, MAX_TFLITE, MAX_WEIGHT_BYTES } from '../limits.ts';
import { safetensorsLength } from '../safetensors.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import { foreignFormat } from './foreign-formats.ts';
import type { ModelFormat, ModelReader, PipelineOptions } from './model-reader.ts';
import { refuseOptions } from './refuse-options.ts';

/** The numbers of the fields that can follow the first one, the version of the format. */
const ONNX_FIELDS: readonly number[] = [2, 3, 4, 5, 6, 7, 8, 14];

/** A small number in field 1, then another field of a model. */
function isOnnx(head: Uint8Array): boolean {
  const [first, version = 0, next = 0] = head;
  return first === 8 && version >= 1 && version < 32 && ONNX_FIELDS.includes(next >> 3);
}

/** All formats. The first one that recognizes a main file is its format. */
const FORMATS: readonly ModelFormat[] = [
  {
    title: 'a safetensors file',
    // The file begins with the length of the header, 8 bytes of which the last is 0. The header's JSON follows. Text has no zeros.
    recognizes: (head) => head[7] === 0 && head[8] === '{'.codePointAt(0),
    maxBytes: safetensorsLength,
    load: async () => (await import('./safetensors-reader.ts')).safetensorsReader,
  },
  {
    title: 'an .h5 or .keras file',
    recognizes: (head) => kerasFormat(head) !== undefined,
    maxBytes: () => MAX_WEIGHT_BYTES,
    load: async () => (await import('./keras-reader.ts')).kerasReader,
  },
  {
    title: 'an .onnx file',
    recognizes: isOnnx,
    maxBytes: () => MAX_ONNX,
    takes: ['input', 'constants', 'state', 'onnxRuntime', 'runtimeOptions'],
    load: async () => (await import('./onnx-reader.ts')).onnxReader,
  },
  {
    title: 'a .tflite file',
    recognizes: (head) => new TextDecoder().decode(head.subarray(4, 8)) === 'TFL3',
    maxBytes: () => MAX_TFLITE,
    load: async () => (await import('./tflite-reader.ts')).tfliteReader,
  },
  {
    title: 'a model.json',
    recognizes: (head) => /^\s*[{[]/.test(new TextDecoder().decode(head.subarray(0, 100))),
    maxBytes: () => MAX_JSON,
    takes: ['input', 'constants', 'state'],
    load: async () => (await import('./tfjs-reader.ts')).tfjsReader,
  },
];

/**
 * Loads a model's main file and finds its reader. Throws `WeightsError` for a file of an unknown format, of which it reads only the
 * beginning, and `OptionError` for an option that its format does not have.
 */
export async function openModel(
  files: ModelFiles,
  options: PipelineOptions,
): Promise<{ readonly reader: ModelReader; readonly main: Uint8Array }> {
  const main = await files.main((head) => formatOf(files, head).maxBytes(head, files.name));
  const format = formatOf(files, main);
  refuseOptions(files.name, options, format.takes);
  return { reader: await format.load(), main };
}

function formatOf({ name }: ModelFiles, head: Uint8Array): ModelFormat {
  const foreign = foreignFormat(name, head);
  if (foreign !== undefined) throw new WeightsError(`${name} ${foreign}`);
  const format = FORMATS.find((candidate) => candidate.recognizes(head));
  if (format) return format;
  const isPage = new TextDecoder().decode(head.subarray(0, 100)).trimStart().startsWith('<');
  const remedy = isPage
    ? '. It is a web page: give the URL of the file itself, or that of its folder, which ends in /'
    : '';
  throw new WeightsError(
    `${name} is not a model file: it is neither ${FORMATS.map(({ title }) => title).join(' nor ')}${remedy}`,
  );
}
