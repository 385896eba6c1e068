import { describe, expect, test } from 'vitest';
import { sizeOf } from '../../src/stage/shape.ts';
import {
  activation,
  arithmetic,
  avgPool,
  batchNorm,
  concatenate,
  conv2d,
  conv2dTranspose,
  crop,
  dense,
  depthToSpace,
  depthwiseConv2d,
  dropout,
  fakeQuantize,
  flatten,
  globalAvgPool,
  globalMaxPool,
  graph,
  groupNorm,
  gru,
  l2Pool,
  localResponseNorm,
  lstm,
  maxPool,
  OptionError,
  pad,
  pipeline,
  preprocess,
  reduce,
  reshape,
  residual,
  separableConv2d,
  ShapeError,
  slice,
  softmax,
  stage,
  transpose,
  upsample,
  useEngine,
  zeroPad,
  type AnyStage,
} from 'sluice';

/** Arguments that are impossible whatever comes: refused when the stage is made. */
const OPTIONS: readonly (readonly [string, (junk: never) => unknown, readonly unknown[]])[] = [
  ['conv2d groups', (groups) => conv2d({ filters: 4, kernelSize: 1, groups }), [0, -1, 1.5, NaN, '2', {}, 3, 8]],
  ['separableConv2d filters', (filters) => separableConv2d({ filters, kernelSize: 3 }), [0, 1.5, undefined, '4']],
  [
    'separableConv2d depthMultiplier',
    (depthMultiplier) => separableConv2d({ filters: 1, kernelSize: 3, depthMultiplier }),
    [0, 1.5, '4'],
  ],
  ['separableConv2d kernelSize', (kernelSize) => separableConv2d({ filters: 1, kernelSize }), [0, [3], undefined]],
  [
    'separableConv2d activation',
    (kind) => separableConv2d({ filters: 1, kernelSize: 3, activation: kind }),
    ['prelu', 'Relu', null],
  ],
  ['conv2dTranspose filters', (filters) => conv2dTranspose({ filters, kernelSize: 3 }), [0, -1, '3', null]],
  [
    'conv2dTranspose outputPadding',
    (outputPadding) => conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, outputPadding }),
    [2, [0, 2], -1, 0.5, '1'],
  ],
  [
    'conv2dTranspose outputPadding with same',
    (outputPadding) => conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, padding: 'same', outputPadding }),
    [1, [0, 1]],
  ],
  [
    'conv2dTranspose padding',
    (padding) => conv2dTranspose({ filters: 1, kernelSize: 3, padding }),
    [-1, 'full', [[1, 1]]],
  ],
  [
    'conv2dTranspose dilationRate',
    (dilationRate) => conv2dTranspose({ filters: 1, kernelSize: 3, dilationRate }),
    [0, 1.5],
  ],
  ['l2Pool mean', (mean) => l2Pool({ poolSize: 2, mean }), [1, 'yes', null]],
  [
    'l2Pool padding',
    (padding) => l2Pool({ poolSize: 2, padding }),
    [
      2,
      [
        [0, 2],
        [0, 0],
      ],
      -1,
    ],
  ],
  [
    'zeroPad padding',
    (padding) => zeroPad({ padding }),
    [
      -1,
      1.5,
      'same',
      [1, 1],
      [[1, 1]],
      [
        [1, 1],
        [1, -1],
      ],
      undefined,
      null,
    ],
  ],
  [
    'crop cropping',
    (cropping) => crop({ cropping }),
    [
      -1,
      1.5,
      [1, 1],
      [
        [1, 1],
        [NaN, 1],
      ],
      undefined,
    ],
  ],
  [
    'transpose permutation',
    (permutation) => transpose({ permutation }),
    [[], [0, 1], [1, 1], [1, 3], [1.5], 2, undefined],
  ],
  ['softmax axis', (axis) => softmax({ axis }), [0, 1.5, '1', null, NaN]],
  ['concatenate axis', (axis) => concatenate({ axis }, activation('relu')), [0, 1.5, '1', null]],
  [
    'graph output',
    (output) => graph({ nodes: { a: { stage: activation('relu'), from: 'input' } }, output }),
    ['b', {}, [], ['a'], { x: 'b' }, 3, null, undefined, { x: 1 }],
  ],
  [
    'graph axis',
    (axis) => graph({ nodes: { a: { merge: 'concatenate', from: ['input', 'input'], axis } }, output: 'a' }),
    [0, 1.5, '1'],
  ],
  [
    'graph axis of a sum',
    (axis) => graph({ nodes: { a: { merge: 'add', from: ['input', 'input'], axis } }, output: 'a' }),
    [1],
  ],
  ['arithmetic operation', (operation) => arithmetic({ operation }), ['plus', '__proto__', 1, null, undefined]],
  ['arithmetic shape', (shape) => arithmetic({ operation: 'add', shape }), [[0], [1.5], 3, '3', [-1]]],
  ['arithmetic reversed', (reversed) => arithmetic({ operation: 'add', reversed }), [1, 'yes']],
  ['slice begin', (begin) => slice({ begin, size: [1, 1] }), [[0], [-1, 0], [0.5, 0], 0, [], undefined, [0, 0, 0]]],
  ['slice size', (size) => slice({ begin: [0, 0], size }), [[0, 1], [1], [-2, 1], 1, [NaN, 1]]],
  ['slice strides', (strides) => slice({ begin: [0], size: [1], strides }), [[0], [1, 1], [0.5], 2]],
  ['pad padding', (padding) => pad({ padding }), [1, [], [1], [[1]], [[1, -1]], [[1, 0.5]], undefined]],
  ['pad mode', (mode) => pad({ padding: [[1, 1]], mode }), ['wrap', 1, null]],
  ['pad value', (value) => pad({ padding: [[1, 1]], value }), [NaN, '1', Infinity]],
  ['pad value of another mode', (mode) => pad({ padding: [[1, 1]], mode, value: 1 }), ['edge', 'reflect']],
  ['reduce kind', (kind) => reduce({ kind, axes: [1] }), ['average', 'toString', 1, undefined]],
  ['reduce axes', (axes) => reduce({ kind: 'sum', axes }), [[], [0], [1, 1], [1.5], 1, undefined]],
  ['reduce keepDims', (keepDims) => reduce({ kind: 'sum', axes: [1], keepDims }), [1, 'no']],
  ['lstm units', (units) => lstm({ units }), [0, 1.5, '2', undefined]],
  ['lstm activation', (activation) => lstm({ units: 1, activation }), ['gelu', 'toString', 1, null]],
  ['lstm returnSequences', (returnSequences) => lstm({ units: 1, returnSequences }), [1, 'yes']],
  ['gru goBackwards', (goBackwards) => gru({ units: 1, goBackwards }), [0, 'no']],
  ['gru resetAfter', (resetAfter) => gru({ units: 1, resetAfter }), [0, 'no']],
  ['gru recurrentActivation', (recurrentActivation) => gru({ units: 1, recurrentActivation }), ['linear', {}]],
  ['groupNorm groups', (groups) => groupNorm({ groups }), [0, -2, 1.5, '2']],
  ['groupNorm epsilon', (epsilon) => groupNorm({ epsilon }), [-1, NaN, '0']],
  ['groupNorm scale', (scale) => groupNorm({ scale }), [1, 'no']],
  ['depthToSpace blockSize', (blockSize) => depthToSpace({ blockSize }), [0, 1.5, '2', undefined]],
  ['depthToSpace mode', (mode) => depthToSpace({ blockSize: 2, mode }), ['dcr', 1]],
  ['upsample outputSize', (outputSize) => upsample({ outputSize }), [0, 0.5, [2], '2', [3, -1]]],
  ['upsample size and outputSize', (size) => upsample({ size, outputSize: 3 }), [2]],
  ['upsample coordinates', (coordinates) => upsample({ coordinates }), ['corners', null, 1]],
  ['upsample size', (size) => upsample({ size }), [0, 0.5, [2], '2']],
  [
    'upsample interpolation',
    (interpolation) => upsample({ interpolation }),
    ['cubic', '__proto__', 'toString', null, 1],
  ],
  ['batchNorm epsilon', (epsilon) => batchNorm({ epsilon }), [-1, NaN, Infinity, '0']],
  ['batchNorm scale', (scale) => batchNorm({ scale }), [0, 'yes', null]],
  ['localResponseNorm depthRadius', (depthRadius) => localResponseNorm({ depthRadius }), [-1, 0.5, '2']],
  ['localResponseNorm size', (size) => localResponseNorm({ size }), [0, 1.5, null]],
  ['localResponseNorm size and depthRadius', (size) => localResponseNorm({ size, depthRadius: 2 }), [5]],
  ['localResponseNorm bias', (bias) => localResponseNorm({ bias }), [0, -1, NaN]],
  ['localResponseNorm alpha', (alpha) => localResponseNorm({ alpha }), [-1, Infinity]],
  ['localResponseNorm beta', (beta) => localResponseNorm({ beta }), [NaN, '1']],
  ['fakeQuantize scale', (scale) => fakeQuantize({ scale, zeroPoint: 0 }), [0, -1, NaN, Infinity, 1e-50, '1', null]],
  ['fakeQuantize zeroPoint', (zeroPoint) => fakeQuantize({ scale: 1, zeroPoint }), [-1, 256, 0.5, NaN, '0', null]],
  ['dropout rate', (rate) => dropout({ rate }), [-0.1, 1, 2, NaN, '0.5', null]],
  ['reshape shape', (shape) => reshape({ shape }), [[], [0], [-1, -1], [1.5], [-2], 'abc', 7, null, undefined]],
  ['activation alpha', (alpha) => activation('leakyRelu', { alpha }), [NaN, Infinity, '1', null]],
  ['activation alpha of relu', (alpha) => activation('relu', { alpha }), [0.1]],
  ['activation approximate', (approximate) => activation('gelu', { approximate }), [1, 'tanh', null]],
  ['activation approximate of tanh', (approximate) => activation('tanh', { approximate }), [true]],
  ['activation min', (min) => activation('clip', { min }), [NaN, Infinity, '1', null]],
  ['activation min over max', (min) => activation('clip', { min, max: 1 }), [1.5]],
  ['activation max of relu', (max) => activation('relu', { max }), [6]],
  ['activation sharedAxes', (sharedAxes) => activation('prelu', { sharedAxes }), [[0], [-1], [1.5], 1, 'h']],
  ['activation sharedAxes of relu', (sharedAxes) => activation('relu', { sharedAxes }), [[1]]],
  ['residual', (item) => residual(item), [undefined, null, 3, {}, () => 1, []]],
  ['residual shortcut', (shortcut) => residual({ shortcut }, activation('relu')), [null, 3, 'conv', {}]],
  ['residual activation', (kind) => residual({ activation: kind }, activation('relu')), ['prelu', 3]],
  ['residual stage named shortcut', (name) => residual(activation('relu', { name })), ['shortcut']],
  ['concatenate', (item) => concatenate(item), [undefined, null, 3, {}, () => 1]],
  ['concatenate of one name', (name) => concatenate(activation('relu', { name }), activation('tanh', { name })), ['a']],
  ['graph nodes', (nodes) => graph({ nodes, output: 'a' }), [undefined, null, {}, 3, 'a']],
  [
    'graph node',
    (a) => graph({ nodes: { a }, output: 'a' }),
    [
      undefined,
      null,
      {},
      { stage: 3, from: 'input' },
      { stage: activation('relu') },
      { stage: activation('relu'), from: ['input'] },
      { merge: 'add', from: 'input' },
      { merge: 'add', from: ['input'] },
      { merge: 'xor', from: ['input', 'input'] },
      { merge: 'toString', from: ['input', 'input'] },
      { merge: 'add', from: ['input', 'nowhere'] },
      { merge: 'add', from: ['input', '__proto__'] },
      { merge: 'add', from: ['input', 'a'] },
    ],
  ],
  [
    'graph output',
    (output) => graph({ nodes: { a: { stage: activation('relu'), from: 'input' } }, output }),
    ['b', 'input', undefined, '__proto__', 3],
  ],
  [
    'graph input',
    (input) => graph({ input, nodes: { a: { stage: activation('relu'), from: 'a' } }, output: 'a' }),
    ['a', '', 'x/y', 3],
  ],
];

describe.each(OPTIONS)('%s', (_what, make, junk) => {
  test.each(junk.map((value) => [value]))('%o', (value) => {
    expect(() => make(value as never)).toThrow(OptionError);
  });
});

/** What JavaScript lets pass, and TypeScript in a spread: a name that no option has. */
const MISNAMED: readonly (readonly [string, (options: object) => AnyStage, object, string])[] = [
  [
    'conv2d',
    (more) => conv2d({ filters: 1, kernelSize: 3, ...more }),
    { stride: 2 },
    'conv2d has no option "stride": did you mean strides? Its options are name, filters, groups, kernelSize, strides, padding, dilationRate, activation, useBias, weights, seed',
  ],
  [
    'its own name',
    (more) => conv2d({ name: 'stem', filters: 1, kernelSize: 3, ...more }),
    { bias: false },
    'stem has no option "bias": did you mean useBias?',
  ],
  [
    'depthwiseConv2d',
    (more) => depthwiseConv2d({ kernelSize: 3, ...more }),
    { depth_multiplier: 2 },
    'did you mean depthMultiplier?',
  ],
  [
    'separableConv2d',
    (more) => separableConv2d({ filters: 1, kernelSize: 3, ...more }),
    { dilation: 2 },
    'did you mean dilationRate?',
  ],
  [
    'conv2dTranspose',
    (more) => conv2dTranspose({ filters: 1, kernelSize: 3, ...more }),
    { outputpadding: 1 },
    'did you mean outputPadding?',
  ],
  [
    'maxPool',
    (more) => maxPool({ poolSize: 2, ...more }),
    { stide: 2 },
    'did you mean strides? Its options are name, poolSize, strides, padding',
  ],
  [
    'avgPool',
    (more) => avgPool({ poolSize: 2, ...more }),
    { countIncludePad: true },
    'avgPool has no option "countIncludePad"; its options are name, poolSize, strides, padding',
  ],
  ['l2Pool', (more) => l2Pool({ poolSize: 2, ...more }), { Mean: true }, 'did you mean mean?'],
  [
    'globalAvgPool',
    (more) => globalAvgPool(more),
    { keepDims: true },
    'globalAvgPool has no option "keepDims"; its options are name',
  ],
  ['globalMaxPool', (more) => globalMaxPool(more), { axis: 1 }, 'no option "axis"'],
  ['zeroPad', (more) => zeroPad({ padding: 1, ...more }), { paddings: 1 }, 'did you mean padding?'],
  ['crop', (more) => crop({ cropping: 1, ...more }), { crop: 1 }, 'did you mean cropping?'],
  ['upsample', (more) => upsample(more), { scale: 2 }, 'upsample has no option "scale"'],
  ['upsample by another name', (more) => upsample(more), { interpolat: 'bilinear' }, 'did you mean interpolation?'],
  ['batchNorm', (more) => batchNorm(more), { eps: 1e-5 }, 'did you mean epsilon?'],
  ['localResponseNorm', (more) => localResponseNorm(more), { radius: 2 }, 'did you mean depthRadius?'],
  ['activation', (more) => activation('leakyRelu', more), { aplha: 1 }, 'did you mean alpha?'],
  ['prelu', (more) => activation('prelu', more), { axes: [1] }, 'did you mean sharedAxes?'],
  ['flatten', (more) => flatten(more), { dataFormat: 'x' }, 'flatten has no option "dataFormat"'],
  ['reshape', (more) => reshape({ shape: [1], ...more }), { targetShape: [1] }, 'no option "targetShape"'],
  ['dense', (more) => dense({ units: 1, ...more }), { activaton: 'relu' }, 'did you mean activation?'],
  ['softmax', (more) => softmax(more), { temp: 2 }, 'did you mean temperature?'],
  [
    'fakeQuantize',
    (more) => fakeQuantize({ scale: 1, zeroPoint: 0, ...more }),
    { zeropoint: 1 },
    'did you mean zeroPoint?',
  ],
  ['dropout', (more) => dropout(more), { rates: 0.5 }, 'did you mean rate?'],
  ['residual', (more) => residual(more, activation('relu')), { shortCut: 1 }, 'did you mean shortcut?'],
  ['concatenate', (more) => concatenate(more, activation('relu')), { dim: 3 }, 'concatenate has no option "dim"'],
  [
    'graph',
    (more) => graph({ nodes: { a: { stage: activation('relu'), from: 'input' } }, output: 'a', ...more }),
    { outputs: ['a'] },
    'did you mean output?',
  ],
  [
    'pipeline',
    (more) => pipeline(more, activation('relu')),
    { inputshape: [1, 2] },
    'pipeline has no option "inputshape": did you mean inputShape?',
  ],
  [
    'preprocess',
    (more) => preprocess({ width: 1, height: 1, range: [0, 1], ...more }),
    { centralFration: 0.9 },
    'did you mean centralFraction?',
  ],
  ['a key of every object', (more) => maxPool({ poolSize: 2, ...more }), { constructor: 1 }, 'no option "constructor"'],
  [
    'a very long one',
    (more) => maxPool({ poolSize: 2, ...more }),
    { ['x'.repeat(1e6)]: 1 },
    'maxPool has no option "xxx',
  ],
];

describe('options that do not exist', () => {
  test.each(MISNAMED)('%s', (_what, make, misnamed, message) => {
    expect(() => make(misnamed)).toThrow(OptionError);
    expect(() => make(misnamed)).toThrow(message);
    expect(() => make(misnamed)).toThrow(/^.{1,400}$/);
  });
  test('undefined is none at all, whatever it is called', () => {
    expect(maxPool({ poolSize: 2, stride: undefined } as never).spec.op).toBe('maxPool');
  });
  test('a stage of one’s own says which it has by its spec', () => {
    const options = (given: object) => ({ spec: { op: 'own', size: 1, fit: undefined }, options: given });
    const rest = { outputShape: (shape: readonly number[]) => shape, kernel: () => (x: never) => x };
    expect(stage({ ...options({ size: 2, fit: 'x', name: 'a' }), ...rest }).named('b').name).toBe('b');
    expect(() => stage({ ...options({ sise: 2 }), ...rest })).toThrow(
      'own has no option "sise": did you mean size? Its options are name, size, fit',
    );
  });
});

test('a kernel that dilation would spread over the memory is refused when it is built', async () => {
  await useEngine('cpu');
  const wide = conv2dTranspose({ filters: 1, kernelSize: 2, dilationRate: 1e5, padding: 'same', seed: 1 });
  expect(wide.outputShape([1, 4, 4, 1])).toEqual([1, 4, 4, 1]);
  expect(() => wide.build([1, 4, 4, 1])).toThrow(OptionError);
  expect(() => wide.build([1, 4, 4, 1])).toThrow(/dilationRate \[100000,100000\] spreads a kernel of \[2, 2, 1, 1\]/);
});

test.each([
  ['a kernel', { strides: 2000 }, [1, 1, 1, 100], /a kernel of \[1, 1, 1, 100\]/],
  ['an input', { strides: 2 ** 14, padding: 8 * 2 ** 14 }, [1, 17, 17, 1], /an input of \[17,17\]/],
])(
  '%s that strides would spread over the memory is refused when it is built',
  async (_what, options, input, message) => {
    await useEngine('cpu');
    const wide = conv2dTranspose({ filters: 1, kernelSize: 1, seed: 1, ...options });
    expect(sizeOf(wide.outputShape(input))).toBeLessThan(100);
    expect(() => wide.build(input)).toThrow(OptionError);
    expect(() => wide.build(input)).toThrow(/strides \[\d+,\d+\] spreads/);
    expect(() => wide.build(input)).toThrow(message);
  },
);

const kept = conv2d({ filters: 4, kernelSize: 3 });
/** Shapes a stage can't take: said before anything is allocated, with what to change. */
const SHAPES: readonly (readonly [string, AnyStage, readonly number[], RegExp])[] = [
  [
    'channels that don’t go into the groups',
    conv2d({ filters: 4, groups: 4, kernelSize: 1 }),
    [1, 8, 8, 6],
    /^conv2d needs a multiple of 4 channels for its 4 groups, but got \[1, 8, 8, 6\]: change groups/,
  ],
  [
    'a transposed one that padding takes away',
    conv2dTranspose({ filters: 1, kernelSize: 2, padding: 1 }),
    [1, 1, 5, 1],
    /^conv2dTranspose removes padding 1 from a height of 2 .* use less padding/,
  ],
  [
    'the same in width',
    conv2dTranspose({
      filters: 1,
      kernelSize: 2,
      padding: [
        [0, 0],
        [1, 2],
      ],
    }),
    [1, 5, 2, 1],
    /from a width of 3/,
  ],
  [
    'a crop of everything',
    crop({
      cropping: [
        [2, 2],
        [0, 0],
      ],
    }),
    [1, 4, 4, 1],
    /^crop crops 2 \+ 2 off a height of 4 .* crop less/,
  ],
  ['a crop of more', crop({ cropping: 3 }), [1, 8, 5, 1], /off a width of 5/],
  [
    'a separable window',
    separableConv2d({ filters: 1, kernelSize: 9 }),
    [1, 8, 9, 1],
    /^separableConv2d has a window of height 9 .* use a smaller kernel/,
  ],
  [
    'a softmax over a dimension that is not there',
    softmax({ axis: 2 }),
    [1, 10],
    /^softmax needs a dimension 2 after the batch, but got \[1, 10\]/,
  ],
  ['a softmax over the batch, counted from the end', softmax({ axis: -2 }), [1, 10], /^softmax needs a dimension -2/],
  [
    'a transpose of another rank',
    transpose({ permutation: [2, 1] }),
    [1, 8, 8, 2],
    /^transpose needs \[batch, …, …\], but got/,
  ],
  [
    'a constant that does not fit',
    arithmetic({ operation: 'add', shape: [3] }),
    [1, 4, 4, 2],
    /^arithmetic needs .* a constant of \[3\], but got \[1, 4, 4, 2\]/,
  ],
  [
    'a constant as long as the batch',
    arithmetic({ operation: 'add', shape: [1, 4] }),
    [1, 4],
    /a constant of \[1, 4\]/,
  ],
  [
    'a slice of too much',
    slice({ begin: [2], size: [3] }),
    [1, 4],
    /^slice takes 3 from 2 in steps of 1, but dimension 1 of \[1, 4\] has 4/,
  ],
  ['a slice that begins outside', slice({ begin: [4], size: [-1], strides: [-1] }), [1, 4], /^slice takes all from 4/],
  ['a slice of another rank', slice({ begin: [0], size: [1] }), [1, 4, 4], /^slice needs \[batch, …\]/],
  [
    'a mirror of a small picture',
    pad({ padding: [[4, 0]], mode: 'reflect' }),
    [1, 4],
    /^pad reflects 4 values, but dimension 1/,
  ],
  ['a pad of another rank', pad({ padding: [[4, 0]] }), [1, 4, 4], /^pad needs \[batch, …\]/],
  ['a sum along what is not there', reduce({ kind: 'sum', axes: [-2] }), [1, 4], /^reduce needs a dimension -2/],
  [
    'groups that channels do not make',
    groupNorm({ groups: 4 }),
    [1, 2, 2, 6],
    /^groupNorm needs a multiple of 4 channels/,
  ],
  [
    'blocks that channels do not make',
    depthToSpace({ blockSize: 2 }),
    [1, 2, 2, 6],
    /^depthToSpace needs a multiple of 4 channels/,
  ],
  ['an l2 window', l2Pool({ poolSize: 3 }), [1, 2, 3, 1], /^l2Pool has a window of height 3/],
  [
    'values that don’t fill',
    reshape({ shape: [3, 4] }),
    [1, 10],
    /^reshape needs 12 values per picture for \[3, 4\], but \[1, 10\] has 10/,
  ],
  ['values that leave a rest', reshape({ shape: [3, -1] }), [1, 10], /a multiple of 3 values/],
  [
    'a branch of another shape',
    residual(kept),
    [1, 8, 8, 4],
    /^residual cannot add its branch \[1, 6, 6, 4\] to its shortcut \[1, 8, 8, 4\]: /,
  ],
  [
    'a branch with other channels',
    residual(conv2d({ filters: 8, kernelSize: 1 })),
    [1, 8, 8, 4],
    /give a shortcut: a 1×1 convolution/,
  ],
  ['a branch that can’t take it', residual(kept), [1, 2, 2, 4], /^residual conv2d has a window of height 3/],
  [
    'branches of two sizes',
    concatenate(kept, activation('relu')),
    [1, 8, 8, 4],
    /^concatenate needs tensors whose sizes are equal .* but got \[1, 6, 6, 4\] and \[1, 8, 8, 4\]: /,
  ],
  [
    'merges of two sizes',
    graph({ nodes: { a: { stage: kept, from: 'input' }, b: { merge: 'add', from: ['a', 'input'] } }, output: 'b' }),
    [1, 8, 8, 4],
    /^graph cannot add \[1, 6, 6, 4\] and \[1, 8, 8, 4\] in node b/,
  ],
  ...[
    separableConv2d({ filters: 1, kernelSize: 1 }),
    conv2dTranspose({ filters: 1, kernelSize: 1 }),
    l2Pool({ poolSize: 1 }),
    globalMaxPool(),
    groupNorm({ groups: -1 }),
    depthToSpace({ blockSize: 1 }),
    zeroPad({ padding: 1 }),
    crop({ cropping: 0 }),
    upsample(),
    localResponseNorm(),
  ].flatMap((stage) =>
    [[], [5], [1, 8], [8, 8, 3], [1, 8, 8, 3, 1], [1, 0, 8, 3], [1, 8, 8, 0], [1, 8.5, 8, 3], [1, NaN, 8, 3]].map(
      (shape) =>
        [
          `${stage.spec.op}: [${shape.join(', ')}]`,
          stage as AnyStage,
          shape,
          /needs \[batch, height, width, channels\]/,
        ] as const,
    ),
  ),
  ['a scalar for batchNorm', batchNorm(), [], /needs \[…, channels\]/],
  ['nothing for prelu', activation('prelu'), [1, 0], /needs \[batch, …\]/],
  ['a scalar to reshape', reshape({ shape: [1] }), [], /needs \[batch, …\]/],
];

test.each(SHAPES)('%s', (_what, stage, shape, message) => {
  for (const ask of ['outputShape', 'weightShapes', 'parameterCount', 'macs', 'weights', 'build'] as const) {
    expect(() => stage[ask](shape), ask).toThrow(ShapeError);
  }
  expect(() => stage.outputShape(shape)).toThrow(message);
});

describe('graphs that can’t be', () => {
  const relu = activation('relu');
  test('a circle is named', () => {
    const nodes = { a: { stage: relu, from: 'b' }, b: { stage: relu, from: 'c' }, c: { stage: relu, from: 'a' } };
    expect(() => graph({ nodes, output: 'a' })).toThrow('graph: nodes depend on each other in a circle: a, b, c');
  });
  test('a node nobody needs is named', () => {
    const nodes = { a: { stage: relu, from: 'input' }, b: { stage: relu, from: 'input' } };
    expect(() => graph({ nodes, output: 'a' })).toThrow('graph: the output does not depend on b');
  });
  test('10,000 nodes in a row are no problem', () => {
    const nodes = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, i) => [`n${i}`, { stage: relu, from: i ? `n${i - 1}` : 'input' }]),
    );
    expect(graph({ nodes, output: 'n9999' }).name).toBe('graph');
  });
});
