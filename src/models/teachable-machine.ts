import { WeightsError } from '../errors/errors.ts';
import { checkLabels } from './labels.ts';
import type { ModelFiles } from './tfjs/model-files.ts';
import { parseObject } from './tfjs/read-tfjs-model.ts';

/** The maximum size of a `metadata.json`. Teachable Machine writes a few kilobytes. */
const MAX_METADATA = 10_000_000;

/**
 * @internal Reads the class names in the `metadata.json` that Teachable Machine writes beside its models. Resolves to undefined
 * if there is no such file or it has no labels. Throws `WeightsError` for labels that are not a list of names.
 */
export async function readMetadata(files: ModelFiles): Promise<{ readonly labels: readonly string[] } | undefined> {
  const bytes = await files.besideIfAny('metadata.json', MAX_METADATA);
  if (!bytes) return undefined;
  const { labels } = parsed(files, bytes) ?? {};
  return labels === undefined ? undefined : { labels: checkLabels(labels, `metadata.json beside ${files.name}`) };
}

/** Parses the file. Returns undefined for an HTML page, with which some servers answer if the file does not exist. */
function parsed(files: ModelFiles, bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    return parseObject(`metadata.json beside ${files.name}`, bytes);
  } catch (error) {
    if (error instanceof WeightsError && new TextDecoder().decode(bytes.subarray(0, 100)).trimStart().startsWith('<')) {
      return undefined;
    }
    throw error;
  }
}
