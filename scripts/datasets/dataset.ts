import type { Pixels } from 'sluice';

/** Pictures of one size, each with its class. */
export interface Dataset {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** Grey or RGB. */
  readonly channels: 1 | 3;
  /** Picture after picture, each row by row from the top left, with its channels interleaved. */
  readonly pixels: Uint8Array;
  /** For each picture, the index of its class in {@link Datasets.labels}. */
  readonly classes: Uint8Array;
}

/** Pictures to train with, others to test with, and the names of their classes. */
export interface Datasets {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly labels: readonly string[];
}

/** A picture, and the index of its class. */
export interface Example {
  readonly data: Pixels & { readonly channels: 3; readonly data: Uint8Array };
  readonly target: number;
}

/** Which examples {@link examplesOf} gives. */
export interface ExampleOptions {
  /** The first place in the order. Default 0. */
  readonly from?: number;
  /** The place after the last one. Default: the length of the order. */
  readonly to?: number;
  /** The pictures' numbers, in the order in which they come. Default: as they lie in the dataset. */
  readonly order?: ArrayLike<number>;
}

/** Returns the dataset. Throws for one whose arrays do not have the lengths that it states, or whose classes have no labels. */
export function checkDataset(set: Dataset, labels: readonly string[]): Dataset {
  const { count, width, height, channels, pixels, classes } = set;
  const bytes = count * width * height * channels;
  if (pixels.length !== bytes) throw new Error(`${count} pictures have ${bytes} bytes, not ${pixels.length}`);
  if (classes.length !== count) throw new Error(`${count} pictures have ${classes.length} classes`);
  const wrong = classes.findIndex((index) => index >= labels.length);
  if (wrong < 0) return set;
  throw new Error(`picture ${wrong} has the class ${classes[wrong]}, but there are ${labels.length} labels`);
}

/** Gives examples one by one, each when it is asked for. Grey pictures get their grey as red, green and blue. */
export function examplesOf(set: Dataset, options: ExampleOptions = {}): Generator<Example, void> {
  const length = options.order?.length ?? set.count;
  const { from = 0, to = length } = options;
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && 0 <= from && from <= to && to <= length) {
    return examples(set, from, to, options.order);
  }
  throw new RangeError(`examplesOf: from ${from} to ${to} is not in the order, which has the places 0 to ${length}`);
}

function* examples(set: Dataset, from: number, to: number, order?: ArrayLike<number>): Generator<Example, void> {
  const { width, height, classes } = set;
  for (let place = from; place < to; place++) {
    const index = order ? order[place] : place;
    const target = index === undefined ? undefined : classes[index];
    if (index === undefined || target === undefined) {
      throw new RangeError(`examplesOf: the order has ${index} at ${place}, but there are ${set.count} pictures`);
    }
    yield { data: { width, height, channels: 3, data: rgbOf(set, index) }, target };
  }
}

/** A copy: what changes a picture leaves the dataset as it is. */
function rgbOf({ width, height, channels, pixels }: Dataset, index: number): Uint8Array {
  const size = width * height * channels;
  const own = pixels.subarray(index * size, (index + 1) * size);
  if (channels === 3) return own.slice();
  const rgb = new Uint8Array(3 * size);
  for (let i = 0; i < rgb.length; i++) rgb[i] = own[Math.floor(i / 3)] ?? 0;
  return rgb;
}
