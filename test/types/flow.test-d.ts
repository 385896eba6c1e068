import type { Tensor2D, Tensor3D, Tensor4D, Tensor5D } from '@tensorflow/tfjs-core';
import { map, pipe, type Observable } from 'rxjs';
import { describe, expectTypeOf, test } from 'vitest';
import {
  frameSource,
  batch,
  branch,
  classify,
  conv2d,
  markDelivered,
  sampleFrames,
  flatten,
  inOrder,
  pipeline,
  segments,
  smooth,
  tapActivations,
  timingReport,
  unbatch,
  userTiming,
  window,
  zipLatest,
  type Activations,
  type Arrivals,
  type Classification,
  type FrameResult,
  type Frame,
  type Pipeline,
  type Pixels,
  type Segment,
  type Source,
  type Stage,
  type TimingReport,
} from 'sluice';

declare const tensors: Observable<Frame<Tensor4D>>;
declare const pictures: Observable<Frame<Pixels>>;
declare const arrivals: Arrivals<Tensor4D>;
const conv = () => conv2d({ filters: 4, kernelSize: 3, seed: 1 });
const net = () => pipeline(conv(), flatten());

describe('window', () => {
  test('gives tensors with a time axis', () => {
    expectTypeOf(tensors.pipe(window({ size: 4 }))).toEqualTypeOf<Observable<Frame<Tensor5D>>>();
    expectTypeOf(tensors.pipe(net(), window({ size: 4 }))).toEqualTypeOf<Observable<Frame<Tensor3D>>>();
  });
});

describe('branch', () => {
  test('gives what its branches give', () => {
    const labels = pipe(net(), classify());
    expectTypeOf(tensors.pipe(branch({ through: labels }))).toEqualTypeOf<Observable<FrameResult<Classification>>>();
    expectTypeOf(tensors.pipe(branch({ through: labels }, { through: conv() }))).toEqualTypeOf<
      Observable<FrameResult<Classification> | Frame<Tensor4D>>
    >();
    expectTypeOf(
      tensors.pipe(
        branch(
          { through: labels, policy: 'wait' },
          { through: sampleFrames<Tensor4D>({ fps: 1 }), policy: 'latest' },
          { through: map(({ label }: Frame<Tensor4D>) => label.seq), name: 'numbers' },
        ),
      ),
    ).toEqualTypeOf<Observable<FrameResult<Classification> | Frame<Tensor4D> | number>>();
  });

  test('of pixels, and within one another', () => {
    const seqs = map(({ label }: Frame<Pixels>) => label.seq);
    const names = map(({ label }: Frame<Pixels>) => label.source);
    expectTypeOf(
      pictures.pipe(branch({ through: branch({ through: seqs }, { through: names }) }, { through: seqs })),
    ).toEqualTypeOf<Observable<string | number>>();
  });

  test('a branch that takes something else does not compile', () => {
    // @ts-expect-error a convolution takes tensors, not pixels
    pictures.pipe(branch({ through: conv() }));
    // @ts-expect-error an operator, under its name
    tensors.pipe(branch(conv()));
    // @ts-expect-error no such policy
    tensors.pipe(branch({ through: conv(), policy: 'newest' }));
  });
});

describe('operators keep what frames hold', () => {
  test('batch, unbatch, sampleFrames, markDelivered', () => {
    expectTypeOf(tensors.pipe(batch({ size: 2 }), net(), unbatch())).toEqualTypeOf<Observable<Frame<Tensor2D>>>();
    expectTypeOf(pictures.pipe(sampleFrames({ n: 2 }), markDelivered())).toEqualTypeOf<Observable<Frame<Pixels>>>();
    // @ts-expect-error batch takes tensors
    pictures.pipe(batch({ size: 2 }));
    // @ts-expect-error one of the two
    sampleFrames({});
  });

  test('inOrder gives what the work gives', () => {
    expectTypeOf(tensors.pipe(inOrder(2, async ({ label }) => label.seq))).toEqualTypeOf<Observable<number>>();
    // @ts-expect-error work on a frame's data is asynchronous
    inOrder(2, ({ label }) => label.seq);
  });

  test('zipLatest gives pairs', () => {
    expectTypeOf(zipLatest(tensors, pictures)).toEqualTypeOf<Observable<Frame<readonly [Tensor4D, Pixels]>>>();
  });

  test('frameSource gives frames', () => {
    expectTypeOf(frameSource(arrivals, { source: 'test' })).toEqualTypeOf<Source<Tensor4D>>();
    expectTypeOf(frameSource(arrivals, { source: 'test' }).pipe(conv())).toEqualTypeOf<Observable<Frame<Tensor4D>>>();
  });

  test('a tapped stage is still the stage', () => {
    const tapped = tapActivations(net());
    expectTypeOf(tapped).toExtend<Pipeline<Tensor4D, Tensor2D>>();
    expectTypeOf(tapped.activations).toEqualTypeOf<Observable<Activations>>();
    expectTypeOf(tapActivations(conv())).toExtend<Stage<Tensor4D, Tensor4D>>();
    expectTypeOf(tensors.pipe(tapped)).toEqualTypeOf<Observable<Frame<Tensor2D>>>();
    expectTypeOf(pipeline(tapActivations(conv()), flatten())).toEqualTypeOf<Pipeline<Tensor4D, Tensor2D>>();
  });
});

describe('results', () => {
  const results = tensors.pipe(net(), classify());

  test('go on as what they are', () => {
    expectTypeOf(results.pipe(smooth({ halfLife: 1 }), userTiming())).toEqualTypeOf<
      Observable<FrameResult<Classification>>
    >();
    expectTypeOf(results.pipe(segments())).toEqualTypeOf<Observable<Segment>>();
    // @ts-expect-error segments are made of classifications
    tensors.pipe(segments());
  });

  test('are reported on, and so are frames', () => {
    expectTypeOf(results.pipe(timingReport())).toEqualTypeOf<Observable<TimingReport>>();
    expectTypeOf(tensors.pipe(markDelivered(), timingReport())).toEqualTypeOf<Observable<TimingReport>>();
    const numbers = results.pipe(map(({ seq }) => seq));
    // @ts-expect-error numbers tell no times
    numbers.pipe(timingReport());
  });
});
