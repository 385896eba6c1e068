import * as tf from '@tensorflow/tfjs-core';
import type { EngineName, Model } from 'sluice';
import { mobilenet } from '../networks.ts';
import { asGraph } from '../peers.ts';
import { watchPaints, type FrameClock, type Labelled } from './frame-clock.ts';

/** What there is to label with, and for how long. */
export interface Setting {
  readonly net: Model;
  readonly engine: EngineName;
  readonly clock: FrameClock;
  readonly ms: number;
}

/** The labels, and when the page painted meanwhile. */
export interface Watched {
  readonly results: readonly Labelled[];
  readonly paints: readonly number[];
}

/**
 * As tutorials have it: `fromPixels(video)`, `predict`, `await data()`, and again with the next animation frame. The model
 * is a tfjs GraphModel; everything it makes is disposed.
 */
export async function plainLoop({ net, clock, ms }: Setting): Promise<Watched> {
  const predict = await asGraph(await mobilenet());
  const video = document.createElement('video');
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  await video.play();
  let shown = 0;
  video.requestVideoFrameCallback(function next(at, { mediaTime }) {
    shown = mediaTime * 1e6;
    clock.saw(shown, at);
    video.requestVideoFrameCallback(next);
  });
  const once = async (): Promise<Labelled> => {
    const startedAt = performance.now();
    const timestamp = shown;
    const scores = tf.tidy(() => {
      const pixels = tf.browser.fromPixels(video);
      const [height, width] = pixels.shape;
      const side = Math.round(Math.min(height, width) * 0.875);
      const middle = tf.slice(pixels, [(height - side) >> 1, (width - side) >> 1, 0], [side, side, 3]);
      const small = tf.image.resizeBilinear(middle, [224, 224]);
      return predict(tf.expandDims<tf.Tensor4D>(tf.sub(tf.div(small, 127.5), 1)));
    });
    const values = await scores.data();
    scores.dispose();
    const at = performance.now();
    const label = net.labels[values.indexOf(Math.max(...values))] ?? '';
    return { timestamp, at, service: at - startedAt, label };
  };
  const again = () => new Promise((resolve) => requestAnimationFrame(resolve));
  // The first ones pack weights and compile shaders.
  for (let i = 0; i < 3; i++, await again()) await once();
  const stop = watchPaints();
  const results: Labelled[] = [];
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await again();
    results.push(await once());
  }
  return { results, paints: stop() };
}
