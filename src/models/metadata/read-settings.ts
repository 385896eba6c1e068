import { WeightsError } from '../../errors/errors.ts';
import { labelsOfJson } from '../label-json.ts';
import { asObject } from '../tfjs/as-object.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';
import { parseObject } from '../tfjs/read-tfjs-model.ts';
import { huggingFacePreparation, imageSize } from './hugging-face.ts';
import type { StatedSettings } from './stated-settings.ts';
import { timmPreparation } from './timm.ts';

/** The maximum size of a file of metadata. They have a few kilobytes; a `config.json` with 21,841 labels has two megabytes. */
const MAX_METADATA = 10_000_000;

/** Keys that tell a `config.json` of a model from that of any other program. */
const MODEL_KEYS = ['architectures', 'architecture', 'model_type', 'id2label', 'pretrained_cfg'];

/**
 * @internal Reads what the files beside a model state about it: the `preprocessor_config.json` and `config.json` of Hugging Face, and the
 * `config.json` of timm. Returns undefined if there are none. Throws `WeightsError` for a file that is damaged.
 */
export async function readSettings(files: ModelFiles): Promise<StatedSettings | undefined> {
  const [processor, config] = await Promise.all(
    ['preprocessor_config.json', 'config.json'].map(async (name) => jsonBeside(files, name)),
  );
  const known = config && MODEL_KEYS.some((key) => Object.hasOwn(config.json, key)) ? config : undefined;
  if (!processor && !known) return undefined;
  const { preparation, remarks } = (processor && huggingFacePreparation(processor.json, processor.file)) ??
    (known && timmPreparation(known.json, known.file)) ?? { preparation: {}, remarks: [] };
  const size = preparation.size ?? (known && imageSize(known.json, known.file));
  const labels = known && labelsIn(known.json, known.file);
  return { preparation: { ...preparation, ...(size ? { size } : {}) }, remarks, ...(labels ? { labels } : {}) };
}

interface FileBeside {
  readonly file: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Undefined if there is no such file, or an HTML page, with which some servers answer then. */
async function jsonBeside(files: ModelFiles, name: string): Promise<FileBeside | undefined> {
  const bytes = await files.besideIfAny(name, MAX_METADATA);
  if (!bytes) return undefined;
  const file = `${name} beside ${files.name}`;
  try {
    return { file, json: parseObject(file, bytes) };
  } catch (error) {
    const isPage = new TextDecoder().decode(bytes.subarray(0, 100)).trimStart().startsWith('<');
    if (isPage && error instanceof WeightsError) return undefined;
    throw error;
  }
}

/** `id2label`, unless it numbers the classes as `LABEL_0`, which a model without names has; timm's `label_names`. */
function labelsIn(json: Readonly<Record<string, unknown>>, file: string): readonly string[] | undefined {
  for (const key of ['id2label', 'label_names']) {
    const value = Object.hasOwn(json, key) ? (json[key] ?? undefined) : undefined;
    const isEmpty = value === undefined || Object.keys(asObject(value) ?? [value]).length === 0;
    if (isEmpty) continue;
    const labels = labelsOfJson(value, `${file} (${key})`);
    if (!labels.every((label, i) => label === `LABEL_${i}`)) return labels;
  }
  return undefined;
}
