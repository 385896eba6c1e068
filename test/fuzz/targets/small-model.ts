import { classification, conv2d, dense, flatten, pipeline, softmax, type Model } from 'sluice';
import { withSeed } from '../../../src/models/with-seed.ts';

/** A model with random weights for pictures of 8 × 8 pixels. */
export function smallModel(): Model {
  const net = pipeline(
    { name: 'small', inputShape: [1, 8, 8, 3] },
    conv2d({ filters: 2, kernelSize: 3 }),
    flatten(),
    dense({ units: 3 }),
    softmax(),
  );
  return {
    name: 'small',
    preprocess: { width: 8, height: 8, range: [0, 1] },
    pipeline: withSeed(net, 1),
    task: classification(),
    labels: ['a', 'b', 'c'],
  };
}
