import { importModel, type OnModelWarning } from 'sluice';
import type { AnyModel } from './models.ts';
import { RANGES, type RangeName } from './own-model.ts';

/** Reads a dropped model. It is a file of its own, so that the page loads the importers only when they are needed. */
export function importDropped(
  files: readonly File[],
  range: RangeName | undefined,
  onWarning: OnModelWarning,
): Promise<AnyModel> {
  return importModel(files, { onWarning, ...(range ? { normalize: { range: RANGES[range] } } : {}) });
}
