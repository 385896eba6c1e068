import { avgPool, conv2d, dense, flatten, pipeline, softmax } from 'sluice';

/** LeNet-5 with random weights, for pictures of 28 × 28. */
export const lenet5 = () =>
  pipeline(
    { name: 'lenet5', inputShape: [1, 28, 28, 1] },
    conv2d({ filters: 6, kernelSize: 5, padding: 2, activation: 'tanh', seed: 1 }),
    avgPool({ poolSize: 2 }),
    conv2d({ filters: 16, kernelSize: 5, activation: 'tanh', seed: 2 }),
    avgPool({ poolSize: 2 }),
    flatten(),
    dense({ units: 120, activation: 'tanh', seed: 3 }),
    dense({ units: 84, activation: 'tanh', seed: 4 }),
    dense({ units: 10, seed: 5 }),
    softmax(),
  );
