import * as tf from '@tensorflow/tfjs-core';
import { classify, preprocess, releaseModels, type EngineName, type LedgerCounts } from 'sluice';
import { inWorker, webcam } from 'sluice/browser';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { WASM_PATHS } from '../../browser/support/wasm-paths.ts';

/** What is to be poured through. */
export interface Soak {
  readonly frames: number;
  readonly where: 'page' | 'worker';
  readonly engine: EngineName;
}

/** How it is so far. */
export interface Level {
  readonly labelled: number;
  readonly tensors: number;
}

/** How it was at the end. */
export interface Soaked {
  readonly counts: LedgerCounts;
  /** Tensors that are there and were not before. */
  readonly tensors: number;
  readonly tracks: readonly string[];
}

/** A camera through LeNet-5, until so many frames have their label; `tell` hears of each tenth, and is waited for. */
export async function soakCamera(soak: Soak, tell: (level: Level) => Promise<void>): Promise<Soaked> {
  const { frames, where, engine } = soak;
  const digits = await lenet5({ seed: 1 });
  // To look for a digit in each frame would take most of the time.
  const net = { ...digits, preprocess: { ...digits.preprocess, fit: 'cover' } } as const;
  await releaseModels();
  const before = tensorsNow();
  const camera = webcam({ resize: net.preprocess, whenHidden: 'continue', maxInFlight: 2 });
  const tracks: MediaStreamTrack[] = [];
  camera.stream.subscribe((stream) => tracks.push(...stream.getTracks()));
  const labels =
    where === 'worker'
      ? camera.pipe(inWorker(net, { engine, top: 1, wasmPaths: WASM_PATHS }))
      : camera.pipe(preprocess(net.preprocess), net.pipeline, classify({ labels: net.labels, top: 1 }));
  const step = Math.max(1, Math.floor(frames / 10));
  let labelled = 0;
  await new Promise<void>((resolve, reject) => {
    let telling = Promise.resolve();
    const watching = labels.subscribe({
      next() {
        if (++labelled > frames) return;
        if (labelled % step === 0) {
          const level = { labelled, tensors: tensorsNow() - before };
          telling = telling.then(() => tell(level));
        }
        if (labelled < frames) return;
        watching.unsubscribe();
        telling.then(resolve, reject);
      },
      error: reject,
    });
  });
  await releaseModels();
  return {
    counts: camera.ledger.counts,
    tensors: tensorsNow() - before,
    tracks: tracks.map(({ readyState }) => readyState),
  };
}

/** Also on a page that computes nothing itself, where `tf.memory()` has no engine to ask. */
function tensorsNow(): number {
  return tf.engine().state.numTensors;
}
