/**
 * What a warning about a model is about: `pixel-range` (the model does not state the range of its pixel values), `output-kind`
 * (the model does not state what its output means), `labels` (there is one label more or less than scores, or there are none for a
 * model that may be of ImageNet), `metadata` (a file beside the model states what sluice does not do) or `weights` (weights are NaN
 * or infinite, or no layer takes them).
 */
export type ModelWarningCode = 'pixel-range' | 'output-kind' | 'labels' | 'metadata' | 'weights';

/** Gets the warnings about a model. */
export type OnModelWarning = (message: string, code: ModelWarningCode) => void;

/** @internal Gives a warning to `onWarning`, by default to the console. */
export function warnOfModel(onWarning: OnModelWarning | undefined, code: ModelWarningCode, message: string): void {
  if (onWarning) onWarning(message, code);
  // eslint-disable-next-line no-console -- without onWarning the warning must still be visible
  else console.warn(message);
}
