import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import { assertType, describe, expectTypeOf, test } from 'vitest';
import {
  activation,
  avgPool,
  classify,
  conv2d,
  dense,
  flatten,
  globalAvgPool,
  graph,
  maxPool,
  normalize,
  pipeline,
  preprocess,
  reshape,
  resize,
  softmax,
  stage,
  toTensor,
  type Classification,
  type FrameResult,
  type Elementwise,
  type Frame,
  type Kernel,
  type Pipeline,
  type Pixels,
  type Shape,
  type Stage,
} from 'sluice';

declare const tensors: Observable<Frame<Tensor4D>>;
declare const pictures: Observable<Frame<Pixels>>;
const conv = () => conv2d({ filters: 4, kernelSize: 3, padding: 'same', seed: 1 });
const fc = () => dense({ units: 10, seed: 2 });

describe('what a pipeline takes and gives', () => {
  test('is what its first stage takes and its last gives', () => {
    expectTypeOf(pipeline(conv())).toEqualTypeOf<Pipeline<Tensor4D, Tensor4D>>();
    expectTypeOf(pipeline(conv(), flatten(), fc())).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
    expectTypeOf(pipeline({ name: 'x', inputShape: [1, 8, 8, 3] }, conv(), globalAvgPool(), fc())).toEqualTypeOf<
      Pipeline<Tensor4D, Tensor2D>
    >();
    expectTypeOf(pipeline(flatten(), fc())).toEqualTypeOf<Pipeline<Tensor, Tensor2D>>();
  });

  test('elementwise stages in between give the type they take', () => {
    expectTypeOf(pipeline(conv(), activation('relu'))).toEqualTypeOf<Pipeline<Tensor4D, Tensor4D>>();
    expectTypeOf(pipeline(conv(), activation('relu'), conv(), flatten(), fc(), softmax())).toEqualTypeOf<
      Pipeline<Tensor4D, Tensor2D>
    >();
    const relu = activation('relu').named('r').withWeights({});
    expectTypeOf(relu).toEqualTypeOf<Elementwise>();
    expectTypeOf(pipeline(relu, conv(), relu, flatten(), relu, fc())).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
    expectTypeOf(pipeline(relu, softmax())).toEqualTypeOf<Pipeline<Tensor, Tensor>>();
    assertType<Stage<Tensor2D, Tensor2D>>(relu);
  });

  test('generic ones are told apart where they stand', () => {
    expectTypeOf(pipeline(globalAvgPool(), reshape({ shape: [1, 1, 4] }), conv(), flatten())).toEqualTypeOf<
      Pipeline<Tensor4D, Tensor2D>
    >();
    expectTypeOf(pipeline(conv(), flatten(), reshape({ shape: [4, 4] }))).toEqualTypeOf<Pipeline<Tensor4D, Tensor3D>>();
    const nodes = { a: { stage: conv(), from: 'input' } };
    expectTypeOf(pipeline({ name: 'x' }, conv(), graph({ nodes, output: 'a' }), flatten(), fc())).toEqualTypeOf<
      Pipeline<Tensor4D, Tensor2D>
    >();
    const own = { spec: { op: 'own' }, outputShape: (shape: Shape) => shape, kernel: () => (x: Tensor2D) => x.clone() };
    expectTypeOf(pipeline(conv(), flatten(), stage(own))).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
    pipeline(
      conv(),
      flatten(),
      reshape({ shape: [2, 2] }),
      // @ts-expect-error a fully connected layer takes rows
      fc(),
    );
  });

  test('pixels go in where preprocess or resize stand first', () => {
    const ready = preprocess({ width: 8, height: 8, range: [0, 1] });
    expectTypeOf(pipeline(ready, conv(), flatten())).toEqualTypeOf<Pipeline<Pixels, Tensor2D>>();
    const steps = pipeline(resize({ width: 8, height: 8 }), toTensor(), normalize({ mean: 0.5, std: 0.5 }), conv());
    expectTypeOf(steps).toEqualTypeOf<Pipeline<Pixels, Tensor4D>>();
  });

  test('pipelines are stages of pipelines', () => {
    const body = pipeline(conv(), maxPool({ poolSize: 2 }));
    const head = pipeline({ name: 'head' }, flatten(), fc(), softmax());
    expectTypeOf(pipeline(body, activation('tanh'), body, head)).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
  });

  test('what comes from named, withWeights and build keeps the types', () => {
    const net = pipeline(conv(), flatten());
    expectTypeOf(net.named('n')).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
    expectTypeOf(net.withWeights({})).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
    expectTypeOf(net.build([1, 8, 8, 3])).toEqualTypeOf<Kernel<Tensor4D, Tensor2D>>();
    expectTypeOf(conv().named('n')).toEqualTypeOf<Stage<Tensor4D, Tensor4D>>();
  });
});

describe('source.pipe(…) infers the same', () => {
  test('stage by stage and as one pipeline', () => {
    expectTypeOf(tensors.pipe(conv(), flatten(), fc())).toEqualTypeOf<Observable<Frame<Tensor2D>>>();
    expectTypeOf(tensors.pipe(pipeline(conv(), flatten(), fc()))).toEqualTypeOf<Observable<Frame<Tensor2D>>>();
    const relu = activation('relu');
    expectTypeOf(tensors.pipe(conv(), relu, conv(), softmax())).toEqualTypeOf<Observable<Frame<Tensor4D>>>();
    expectTypeOf(tensors.pipe(conv(), flatten(), softmax(), relu, fc())).toEqualTypeOf<Observable<Frame<Tensor2D>>>();
  });

  test('from pixels to classifications', () => {
    const ready = preprocess({ width: 8, height: 8, range: [0, 1] });
    expectTypeOf(pictures.pipe(ready, conv(), flatten(), fc(), softmax(), classify())).toEqualTypeOf<
      Observable<FrameResult<Classification>>
    >();
  });

  test('a misfit is an error there too', () => {
    // @ts-expect-error dense takes [batch, values], not a picture
    tensors.pipe(conv(), fc());
    // @ts-expect-error a convolution takes tensors, not pixels
    pictures.pipe(conv());
  });
});

// Each @ts-expect-error stands right over the argument that does not fit: were the error reported at another line, this
// file would not compile.
describe('a misfit is an error at its position', () => {
  test('at the second stage, between, and at the last', () => {
    pipeline(
      conv(),
      // @ts-expect-error dense takes [batch, values]
      fc(),
      softmax(),
    );
    pipeline(
      conv(),
      flatten(),
      // @ts-expect-error a convolution takes pictures
      conv(),
      flatten(),
      fc(),
    );
    pipeline(
      conv(),
      flatten(),
      fc(),
      softmax(),
      // @ts-expect-error a pooling takes pictures
      avgPool({ poolSize: 2 }),
    );
  });

  test('with options before the stages', () => {
    pipeline(
      { name: 'net', inputShape: [1, 8, 8, 3] },
      conv(),
      // @ts-expect-error dense takes [batch, values]
      fc(),
    );
  });

  test('through elementwise stages in between', () => {
    pipeline(
      conv(),
      activation('relu'),
      softmax({ temperature: 2 }),
      // @ts-expect-error dense takes [batch, values]
      fc(),
      activation('relu'),
    );
    pipeline(
      { name: 'net' },
      flatten(),
      softmax(),
      activation('relu').named('r'),
      // @ts-expect-error a convolution takes pictures
      conv(),
    );
  });

  test('of two misfits at the first; the compiler reports one per call', () => {
    pipeline(
      conv(),
      // @ts-expect-error dense takes [batch, values]
      fc(),
      conv(),
      flatten(),
    );
  });

  test('between pixels and tensors', () => {
    pipeline(
      resize({ width: 8, height: 8 }),
      // @ts-expect-error a convolution takes tensors
      conv(),
    );
    pipeline(
      conv(),
      // @ts-expect-error pixels are taken, not tensors
      preprocess({ width: 8, height: 8, range: [0, 1] }),
    );
  });

  test('where a nested pipeline does not fit', () => {
    pipeline(
      conv(),
      flatten(),
      // @ts-expect-error the inner pipeline takes pictures
      pipeline(conv(), flatten()),
    );
  });

  test('in a pipeline of forty stages', () => {
    const forty = pipeline(
      ...([conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv()] as const),
      ...([conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv()] as const),
      ...([conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv(), conv()] as const),
      ...([conv(), conv(), conv(), conv(), conv(), activation('relu'), conv(), flatten(), fc(), softmax()] as const),
    );
    expectTypeOf(forty).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
    pipeline(
      { name: 'forty' },
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      conv(),
      activation('relu'),
      conv(),
      conv(),
      conv(),
      flatten(),
      // @ts-expect-error a convolution takes pictures
      conv(),
      fc(),
      softmax(),
    );
  });

  test('what is no stage at all', () => {
    pipeline(
      conv(),
      // @ts-expect-error an array method is no stage
      [].map,
    );
    // @ts-expect-error at least one stage
    pipeline();
    pipeline(
      conv(),
      // @ts-expect-error options come first
      { name: 'late' },
    );
  });
});

describe('arguments', () => {
  test('impossible ones do not compile', () => {
    // @ts-expect-error filters is required
    conv2d({ kernelSize: 3 });
    // @ts-expect-error no such padding
    conv2d({ filters: 1, kernelSize: 3, padding: 'full' });
    // @ts-expect-error no such activation
    activation('swoosh');
    // @ts-expect-error range or mean and std
    normalize({});
    // @ts-expect-error a deviation is missing
    preprocess({ width: 8, height: 8, mean: 0.5 });
  });
});

describe('a stage that keeps a state', () => {
  const outputShape = (input: readonly number[]) => input;

  test('its inputs and outputs are inferred', () => {
    const counted = stage<Tensor4D, Tensor2D>({
      spec: { op: 'counted' },
      outputShape,
      kernel: () => ({
        run(x, label) {
          expectTypeOf(x).toEqualTypeOf<Tensor4D>();
          expectTypeOf(label?.seq).toEqualTypeOf<number | undefined>();
          return x as unknown as Tensor2D;
        },
        dispose: () => undefined,
      }),
    });
    expectTypeOf(pipeline(conv(), counted, dense({ units: 1 })).build([1, 8, 8, 3])).toEqualTypeOf<
      Kernel<Tensor4D, Tensor2D>
    >();
    // Without type arguments, from what `run` takes and gives.
    const inferred = stage({
      spec: { op: 'inferred' },
      outputShape,
      kernel: () => ({ run: (x: Tensor4D) => x as unknown as Tensor2D, dispose: () => undefined }),
    });
    expectTypeOf(inferred).toEqualTypeOf<Stage<Tensor4D, Tensor2D>>();
  });

  test('one that gives another type than it says does not compile', () => {
    stage<Tensor4D, Tensor2D>({
      spec: { op: 'wrong' },
      outputShape,
      // @ts-expect-error a Tensor4D is no Tensor2D
      kernel: () => ({ run: (x) => x, dispose: () => undefined }),
    });
    stage<Tensor4D, Tensor4D>({
      spec: { op: 'wrong' },
      outputShape,
      // @ts-expect-error dispose is missing
      kernel: () => ({ run: (x) => x }),
    });
  });
});
