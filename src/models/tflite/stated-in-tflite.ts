import { unzipSync } from 'fflate';
import { ByteBuffer } from 'flatbuffers';
import { messageOf, WeightsError } from '../../errors/errors.ts';
import type { NormalizeOptions } from '../../stage/normalization.ts';
import { labelsOfLines } from '../label-lines.ts';
import { MAX_LABELS } from '../limits.ts';
import type { StatedPreparation } from '../metadata/stated-settings.ts';
import { rootTable, type FlatTable } from './flat-table.ts';
import { QUANTIZED } from './tflite-constant.ts';
import type { ConvertedTflite } from './read-tflite-model.ts';
import type { TfliteTensor } from './tflite-file.ts';

// The tables of https://github.com/tensorflow/tflite-support/blob/master/tensorflow_lite_support/metadata/metadata_schema.fbs.

/** @internal What a TFLite file states besides its network. */
export interface StatedInTflite {
  readonly labels?: readonly string[];
  readonly preparation?: StatedPreparation;
}

/** The metadata has few entries of each kind. */
const MAX_ENTRIES = 1000;

/** @internal Reads how pictures are prepared for a model, by its quantization or its metadata, and its labels, unless options name them. Throws `WeightsError`. */
export function statedInTflite(
  file: string,
  main: Uint8Array,
  { input, quantized, metadata }: Pick<ConvertedTflite, 'input' | 'quantized' | 'metadata'>,
  { labels: known }: { readonly labels?: readonly string[] },
): StatedInTflite {
  const bytes = metadata.get('TFLITE_METADATA');
  const graph = bytes?.length ? rootTable(`the metadata of ${file}`, new ByteBuffer(bytes)) : undefined;
  const [subgraph] = graph?.tables(3, MAX_ENTRIES, 'graphs') ?? [];
  const normalize =
    rangeOf(input) ?? (subgraph && normalization(subgraph)) ?? (quantized && usualRange(rangeOf(quantized)));
  const labels = subgraph && !known ? labelsIn(file, main, subgraph) : undefined;
  return { ...(labels ? { labels } : {}), ...(normalize ? { preparation: { normalize } } : {}) };
}

interface Range {
  readonly range: readonly [number, number];
}

/** The real numbers that the bytes of a picture stand for; undefined for a model that takes floats. */
function rangeOf({ type, quantization }: TfliteTensor): Range | undefined {
  const [least, most] = QUANTIZED.get(type) ?? [];
  if (least === undefined || most === undefined || most - least > 255) return undefined;
  const [[scale = 1] = [], [zero = 0] = []] = [quantization?.scales, quantization?.zeros];
  return quantization ? { range: [scale * (least - zero), scale * (most - zero)] } : { range: [0, 255] };
}

/**
 * The usual range that a scale is for: it was measured on pictures, and its ends are rounded to steps of 1/255 of it. Undefined for
 * others, which may be those of values that have a mean and a deviation.
 */
function usualRange(found: Range | undefined): Range | undefined {
  if (!found) return undefined;
  const [low, high] = found.range;
  const step = (high - low) / 255;
  const near = (a: number, b: number) => Math.abs(a - b) <= 1.5 * step;
  const usual = (
    [
      [-1, 1],
      [0, 1],
      [0, 255],
    ] as const
  ).find(([least, most]) => near(low, least) && near(high, most));
  return usual && { range: usual };
}

/** (x − mean) / std, of the values of bytes: the first of what is done to the first input. */
function normalization(subgraph: FlatTable): NormalizeOptions | undefined {
  const [input] = subgraph.tables(2, MAX_ENTRIES, 'inputs');
  const NORMALIZATION = 1;
  const found = input
    ?.tables(4, MAX_ENTRIES, 'steps')
    .find((step) => step.byte(0) === NORMALIZATION)
    ?.table(1);
  const [mean, std] = [found?.floats(0) ?? [], found?.floats(1) ?? []];
  const isGood = [mean, std].every(({ length }) => length === 1 || length === 3);
  if (!isGood || std.some((value) => !(value > 0)) || !mean.every(Number.isFinite)) return undefined;
  return { scale: 1, mean: single(mean), std: single(std) };
}

function single(values: readonly number[]): number | readonly number[] {
  return values.length === 1 ? (values[0] ?? 0) : values;
}

/** The names of classes, which are in a zip archive behind the model: the first file that the metadata of the output names. */
function labelsIn(file: string, main: Uint8Array, subgraph: FlatTable): readonly string[] | undefined {
  const AXIS_LABELS = 2;
  const [output] = subgraph.tables(3, MAX_ENTRIES, 'outputs');
  const files = output?.tables(6, MAX_ENTRIES, 'files') ?? [];
  const name = files.find((one) => one.byte(2) === AXIS_LABELS)?.text(0);
  if (name === undefined) return undefined;
  const text = entryOf(file, main, name);
  return text && labelsOfLines(new TextDecoder().decode(text), `${name} in ${file}`);
}

function entryOf(file: string, main: Uint8Array, wanted: string): Uint8Array | undefined {
  let isFirst = true;
  try {
    const entries = unzipSync(main, {
      filter({ name, originalSize }) {
        if (name !== wanted || !isFirst) return false;
        isFirst = false;
        if (originalSize <= MAX_LABELS) return true;
        throw new WeightsError(`${file}: its entry ${wanted} has over ${MAX_LABELS} bytes`);
      },
    });
    return new Map(Object.entries(entries)).get(wanted);
  } catch (cause) {
    if (cause instanceof WeightsError) throw cause;
    throw new WeightsError(`${file}: its labels cannot be unpacked: ${messageOf(cause)}`, { cause });
  }
}
