import type { FuzzTarget } from '../target.ts';
import { archives } from './archives.ts';
import { faultyTargets } from './faulty.ts';
import { jobs } from './jobs.ts';
import { kerasH5, kerasZip } from './keras.ts';
import { labels } from './labels.ts';
import { onnx } from './onnx.ts';
import { playlists, videos } from './media.ts';
import { modelFile, safetensors } from './safetensors.ts';
import { tflite } from './tflite.ts';
import { graphs, layers } from './tfjs-models.ts';
import { settings } from './settings.ts';
import { workerMessages } from './worker-messages.ts';

/** All targets by name. */
export const targets: Readonly<Record<string, FuzzTarget>> = {
  archives,
  graphs,
  jobs,
  kerasH5,
  kerasZip,
  labels,
  layers,
  modelFile,
  onnx,
  playlists,
  safetensors,
  settings,
  tflite,
  videos,
  workerMessages,
};

/** Finds a target by its name. */
export function targetNamed(name: string): FuzzTarget {
  const target = { ...targets, ...faultyTargets }[name];
  if (target) return target;
  throw new Error(`there is no target ${name}: choose one of ${Object.keys(targets).join(', ')}`);
}
