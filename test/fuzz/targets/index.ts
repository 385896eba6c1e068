import type { FuzzTarget } from '../target.ts';

type Load = () => Promise<FuzzTarget>;

/** All targets by name. Each is loaded when it is used, so that its process need not wait for the others. */
export const targets: Readonly<Record<string, Load>> = {
  archives: async () => (await import('./archives.ts')).archives,
  graphs: async () => (await import('./tfjs-models.ts')).graphs,
  jobs: async () => (await import('./jobs.ts')).jobs,
  kerasH5: async () => (await import('./keras.ts')).kerasH5,
  kerasZip: async () => (await import('./keras.ts')).kerasZip,
  labels: async () => (await import('./labels.ts')).labels,
  layers: async () => (await import('./tfjs-models.ts')).layers,
  modelFile: async () => (await import('./safetensors.ts')).modelFile,
  onnx: async () => (await import('./onnx.ts')).onnx,
  playlists: async () => (await import('./media.ts')).playlists,
  safetensors: async () => (await import('./safetensors.ts')).safetensors,
  settings: async () => (await import('./settings.ts')).settings,
  tflite: async () => (await import('./tflite.ts')).tflite,
  videos: async () => (await import('./media.ts')).videos,
  workerMessages: async () => (await import('./worker-messages.ts')).workerMessages,
};

/** Loads a target by its name. */
export async function targetNamed(name: string): Promise<FuzzTarget> {
  const { faultyTargets } = await import('./faulty.ts');
  const target = (await targets[name]?.()) ?? faultyTargets[name];
  if (target) return target;
  throw new Error(`there is no target ${name}: choose one of ${Object.keys(targets).join(', ')}`);
}
