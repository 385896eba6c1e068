// What the examples of the guides use without a declaration of their own.
import * as tf from '@tensorflow/tfjs-core';
import { dense, flatten, frameSource, pipeline, softmax, useEngine } from 'sluice';

await useEngine('wasm');

const frames = [0, 1, 2].map((i) => ({ data: tf.zeros([1, 8, 8, 3]), timestamp: i * 1e6 }));

export { tf };
export const arrivals = [0, 1].map((i) => ({ data: tf.zeros([1, 8, 8, 3]), timestamp: i }));
export const source = frameSource(frames, { source: 'given' });
export const net = pipeline(flatten(), dense({ units: 2, seed: 1 }), softmax());
export const labels = ['cat', 'dog'];
export const result = { source: 'clip.mp4', seq: 0, timestamp: 0, classes: [], timings: [], latencyMs: 1 };
export const draw = () => undefined;
