type Node = { name: string; op: string; input?: string[]; attr?: object };

const FLOAT = { type: 'DT_FLOAT' };
const float = { dtype: FLOAT };
const T = { T: FLOAT };

/** A graph model with these nodes after its placeholder `x` `[-1, 2]`, functions, and constants. */
export function graphOf(
  nodes: readonly Node[],
  constants: Readonly<Record<string, { shape: number[]; data: number[]; dtype?: 'float32' | 'int32' }>> = {},
  functions: readonly object[] = [],
): File[] {
  const dim = [{ size: '-1' }, { size: '2' }];
  const all = [
    { name: 'x', op: 'Placeholder', input: [], attr: { ...float, shape: { shape: { dim } } } },
    ...Object.entries(constants).map(([name, { dtype = 'float32' }]) => ({
      name,
      op: 'Const',
      input: [],
      attr: { dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' } },
    })),
    ...nodes.map((node) => ({ input: [], attr: {}, ...node })),
  ];
  const weights = Object.entries(constants).map(([name, { shape, dtype = 'float32' }]) => ({ name, shape, dtype }));
  const bytes = Object.values(constants).map(({ data, dtype }) =>
    Buffer.from((dtype === 'int32' ? Int32Array.from(data) : Float32Array.from(data)).buffer),
  );
  const json = {
    format: 'graph-model',
    modelTopology: { versions: { producer: 1, minConsumer: 1 }, library: { function: functions }, node: all },
    weightsManifest: [{ paths: ['w.bin'], weights }],
  };
  return [new File([JSON.stringify(json)], 'model.json'), new File([new Uint8Array(Buffer.concat(bytes))], 'w.bin')];
}

/** A function of one value. */
const functionOf = (name: string, type: string, nodes: readonly Node[], result: string) => ({
  signature: { name, inputArg: [{ name: 'v', type: 'DT_FLOAT' }], outputArg: [{ name: 'out', type }] },
  nodeDef: nodes.map((node) => ({ attr: {}, ...node })),
  ret: { out: result },
});

const CONSTANTS = {
  one: { shape: [], data: [1] },
  two: { shape: [], data: [2] },
  most: { shape: [], data: [100] },
  axes: { shape: [2], data: [0, 1], dtype: 'int32' },
} as const;

/** Doubles its input and adds 1 while the sum is under 100: a loop as TensorFlow 2 writes it. `endless` never ends. */
export function loopingGraph({ endless = false } = {}): File[] {
  const constant = (name: string, type = 'DT_FLOAT') => ({ name, op: 'Const', input: [], attr: { dtype: { type } } });
  const sum = { name: 'sum', op: 'Sum', input: ['v', 'axes'], attr: { ...T, Tidx: { type: 'DT_INT32' } } };
  const condition = functionOf(
    'goesOn',
    'DT_BOOL',
    [
      constant('axes', 'DT_INT32'),
      constant('most'),
      sum,
      {
        name: 'under',
        op: endless ? 'GreaterEqual' : 'Less',
        input: endless ? ['most', 'most'] : ['sum', 'most'],
        attr: T,
      },
    ],
    'under:z:0',
  );
  const body = functionOf(
    'doubled',
    'DT_FLOAT',
    endless
      ? [{ name: 'same', op: 'Identity', input: ['v'], attr: T }]
      : [
          constant('one'),
          constant('two'),
          { name: 'twice', op: 'Mul', input: ['v', 'two'], attr: T },
          { name: 'more', op: 'AddV2', input: ['twice', 'one'], attr: T },
        ],
    endless ? 'same:output:0' : 'more:z:0',
  );
  const loop = {
    name: 'loop',
    op: 'StatelessWhile',
    input: ['x'],
    attr: {
      cond: { func: { name: 'goesOn' } },
      body: { func: { name: 'doubled' } },
      T: { list: { type: ['DT_FLOAT'] } },
    },
  };
  return graphOf([loop], CONSTANTS as never, [condition, body]);
}

/** A function that calls itself. */
export function recursiveGraph(): File[] {
  const call = {
    name: 'again',
    op: 'StatefulPartitionedCall',
    input: ['v'],
    attr: { f: { func: { name: 'self' } } },
  };
  const self = functionOf('self', 'DT_FLOAT', [call], 'again:z:0');
  return graphOf(
    [{ name: 'out', op: 'StatefulPartitionedCall', input: ['x'], attr: { f: { func: { name: 'self' } } } }],
    {},
    [self],
  );
}

/** Keeps the boxes `[boxes, 4]` that overlap no better one; the scores are the input's times 1, 2, 3 … */
export function boxesGraph(boxes: readonly number[][]): File[] {
  return graphOf(
    [
      { name: 'kept', op: 'NonMaxSuppressionV3', input: ['boxes', 'scores', 'count', 'overlap', 'least'], attr: T },
      { name: 'chosen', op: 'GatherV2', input: ['boxes', 'kept', 'axis'], attr: {} },
      { name: 'scaled', op: 'Mul', input: ['chosen', 'first'], attr: T },
      { name: 'first', op: 'Sum', input: ['x', 'axes'], attr: { ...T, Tidx: { type: 'DT_INT32' } } },
    ],
    {
      boxes: { shape: [boxes.length, 4], data: boxes.flat() },
      scores: { shape: [boxes.length], data: boxes.map((_, i) => i + 1) },
      count: { shape: [], data: [boxes.length], dtype: 'int32' },
      overlap: { shape: [], data: [0.5] },
      least: { shape: [], data: [0] },
      axis: { shape: [], data: [0], dtype: 'int32' },
      axes: { shape: [2], data: [0, 1], dtype: 'int32' },
    },
  );
}

/** Adds its input to a sum, which is an input and an output. */
export function summingGraph(): File[] {
  return graphOf(
    [
      {
        name: 'before',
        op: 'Placeholder',
        attr: { ...float, shape: { shape: { dim: [{ size: '1' }, { size: '2' }] } } },
      },
      { name: 'after', op: 'AddV2', input: ['x', 'before'], attr: T },
      { name: 'mean', op: 'Mul', input: ['after', 'half'], attr: T },
    ],
    { half: { shape: [], data: [0.5] } },
  );
}
