import { MAX_LABELS } from '../limits.ts';
import type { ModelFiles } from '../tfjs/model-files.ts';

/** @internal What the `labels.txt` of Teachable Machine states. */
export interface TeachableLabels {
  readonly labels: readonly string[];
  readonly teachable: true;
}

/** @internal Reads the `labels.txt` that Teachable Machine writes beside its `keras_model.h5`; undefined if there is none. */
export async function readTeachableLabels(files: ModelFiles): Promise<TeachableLabels | undefined> {
  return teachableLabels(await files.besideIfAny('labels.txt', MAX_LABELS));
}

/**
 * @internal The names in a `labels.txt` of Teachable Machine: `0 cat`, `1 dog` … Undefined for another file, such as the page with
 * which some servers answer.
 */
export function teachableLabels(bytes: Uint8Array | undefined): TeachableLabels | undefined {
  const lines = new TextDecoder().decode(bytes).trimEnd().split(/\r?\n/);
  const labels = lines.map((line, i) => (line.startsWith(`${i} `) ? line.slice(`${i} `.length) : undefined));
  return labels.every((label) => label !== undefined) ? { labels, teachable: true } : undefined;
}
