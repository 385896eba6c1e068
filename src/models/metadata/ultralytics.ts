import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { inOrder } from '../label-lines.ts';
import { MAX_CLASSES, MAX_LABELS } from '../limits.ts';
import { pythonNames } from '../python-dict.ts';
import type { TaskSpec } from '../../tasks/task.ts';
import { isSide } from './fields.ts';
import type { StatedSettings } from './stated-settings.ts';

/** What Ultralytics writes into a model that it exports. */
export interface UltralyticsSettings extends StatedSettings {
  /** What the output means: `classify`, `detect`, `segment`, `pose`, `obb`. */
  readonly task: string | undefined;
  /** The task that sluice has for that. */
  readonly taskSpec?: TaskSpec;
  /** The input's sides are multiples of this, in pixels. */
  readonly stride: number | undefined;
  /** For `pose`: how many key points an object has, and how many numbers each of them. */
  readonly keypoints: readonly [count: number, values: number] | undefined;
}

/**
 * @internal What the metadata of a model state that Ultralytics exported (ONNX: `metadata_props`), by key. They are texts of Python: `names`
 * is `{0: 'person'}`, `imgsz` is `[640, 640]`. Returns undefined for the metadata of another program. Throws `WeightsError` for a
 * value that can't be read.
 */
export function ultralyticsSettings(
  metadata: ReadonlyMap<string, string>,
  file: string,
): UltralyticsSettings | undefined {
  const isTheirs = /ultralytics/i.test(`${metadata.get('author')} ${metadata.get('description')}`);
  if (!isTheirs && !(metadata.has('names') && metadata.has('stride'))) return undefined;
  const [height, width = height] = numbersIn(metadata, 'imgsz', file) ?? [];
  const [stride] = numbersIn(metadata, 'stride', file) ?? [];
  const [count, values = 3] = numbersIn(metadata, 'kpt_shape', file) ?? [];
  const task = metadata.get('task');
  const hasSize = height !== undefined && width !== undefined;
  if (hasSize && !(isSide(height) && isSide(width))) throw wrong(metadata, 'imgsz', 'a size in pixels', file);
  const names = namesIn(metadata, file);
  return {
    ...(names ? { labels: names } : {}),
    preparation: {
      ...(hasSize ? { size: { width, height } } : {}),
      normalize: { range: [0, 1] },
      channelOrder: 'rgb',
      // A classifier gets the middle of a picture, all others get all of it with bars beside it.
      fit: task === 'classify' ? 'cover' : 'contain',
      resizeMethod: task === 'classify' ? 'antialias' : 'bilinear',
    },
    remarks: [],
    task,
    ...taskIn(task, count),
    stride,
    keypoints: count === undefined ? undefined : [count, values],
  };
}

/** The task that sluice has for theirs. The points of a pose are counted, since the shape of the output may leave that open. */
function taskIn(task: string | undefined, points = 0): Pick<UltralyticsSettings, 'taskSpec'> {
  if (task === 'detect') return { taskSpec: { kind: 'detection' } };
  if (task !== 'pose') return {};
  return { taskSpec: { kind: 'keypoints', ...(points > 0 ? { points } : {}) } };
}

function namesIn(metadata: ReadonlyMap<string, string>, file: string): readonly string[] | undefined {
  const text = metadata.get('names');
  if (text === undefined) return undefined;
  const names = text.length <= MAX_LABELS ? pythonNames(text) : undefined;
  if (names && names.length <= MAX_CLASSES) return inOrder(names, `${file} (names)`);
  throw wrong(metadata, 'names', "a dict of class names, as in {0: 'person'}", file);
}

/** A whole number, or a short list or tuple of them: `32`, `[640, 640]`, `(17, 3)`. */
function numbersIn(metadata: ReadonlyMap<string, string>, key: string, file: string): readonly number[] | undefined {
  const text = metadata.get(key)?.trim();
  if (text === undefined || text === '' || text === 'None') return undefined;
  const numbers =
    text.length <= 100 ? /^[[(]?\s*(\d{1,9}(?:\s*,\s*\d{1,9})?)\s*,?\s*[\])]?$/.exec(text)?.[1] : undefined;
  if (numbers !== undefined) return numbers.split(',').map(Number);
  throw wrong(metadata, key, 'whole numbers', file);
}

function wrong(metadata: ReadonlyMap<string, string>, key: string, wanted: string, file: string): WeightsError {
  return new WeightsError(`${file}: ${key} of its metadata is ${describeValue(metadata.get(key))}, not ${wanted}`);
}
