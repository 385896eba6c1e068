import {
  detection,
  importModel,
  keypoints,
  OptionError,
  picture,
  segmentation,
  type OnModelWarning,
  type Task,
} from 'sluice';
import type { AnyModel } from './bundled.ts';
import { engineToRead } from './engine-to-read.ts';
import { ASSUMED, RANGES, type RangeName } from './own-model.ts';
import type { TaskName } from './tasks.ts';

/** What a model that gives no classes may be read for. */
const OTHERS: readonly TaskName[] = ['detection', 'keypoints', 'segmentation'];

/**
 * Reads a dropped model for a task. One that is no classifier is read for the first task that its outputs fit. It is a file of its own, so that the
 * page loads the importers only when they are needed.
 */
export async function importDropped(
  files: readonly File[],
  wanted: TaskName,
  range: RangeName | undefined,
  onWarning: OnModelWarning,
): Promise<AnyModel> {
  await engineToRead();
  const options = { onWarning, ...(range ? { normalize: { range: RANGES[range] } } : {}) };
  let refused: OptionError | undefined;
  for (const name of wanted === 'classification' ? [wanted, ...OTHERS] : [wanted]) {
    const task = taskOf(name, RANGES[range ?? ASSUMED]);
    try {
      return await (task ? importModel(files, { ...options, task }) : importModel(files, options));
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

/** The task that a model of the user's own is read for, if it is no classifier. `range` is that of its pixel values. */
function taskOf(name: TaskName, range: readonly [number, number]): Task | undefined {
  if (name === 'detection') return detection();
  if (name === 'segmentation') return segmentation();
  if (name === 'keypoints') return keypoints();
  if (name === 'picture') return picture({ range });
  return undefined;
}
