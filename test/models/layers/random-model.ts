import * as tl from '@tensorflow/tfjs-layers';

type Value = tl.SymbolicTensor;

/** A small network drawn at random: chains, branches, merges, shared layers, models in models. */
export function randomModel(random: () => number, kind: 'sequential' | 'functional'): tl.LayersModel {
  const draw = (n: number) => Math.floor(random() * n);
  const pick = <T>(items: readonly T[]): T => items[draw(items.length)] as T;
  const shape = [6 + draw(5), 6 + draw(5), 1 + draw(3)];
  if (kind === 'sequential') return sequential(shape, 2 + draw(5), draw, pick, true);
  const input = tl.input({ shape });
  let x: Value = input;
  for (let i = 0; i < 3 + draw(4); i++) x = grown(x, draw, pick);
  return tl.model({ inputs: input, outputs: head(x, draw, pick) });
}

type Draw = (n: number) => number;
type Pick = <T>(items: readonly T[]) => T;

function head(x: Value, draw: Draw, pick: Pick): Value {
  const flat =
    x.rank !== 4
      ? x
      : pick([
          () => tl.layers.flatten(),
          () => tl.layers.globalAveragePooling2d({}),
          () => tl.layers.globalMaxPooling2d({}),
        ])().apply(x);
  const scores = tl.layers
    .dense({ units: 2 + draw(4), activation: pick(['softmax', 'linear', 'tanh']) })
    .apply(flat) as Value;
  return draw(3) ? scores : (tl.layers.softmax().apply(scores) as Value);
}

function grown(x: Value, draw: Draw, pick: Pick): Value {
  const size = x.shape as number[];
  const way = draw(8);
  if (way < 3) return layer(size, draw, pick).apply(x) as Value;
  if (way === 3) {
    const branches = Array.from({ length: 2 + draw(2) }, () => keeping(size, draw, pick).apply(x) as Value);
    const merge = pick([tl.layers.add, tl.layers.multiply, tl.layers.average, tl.layers.maximum, tl.layers.minimum]);
    return merge().apply([...branches, ...(draw(2) ? [x] : [])]) as Value;
  }
  if (way === 4) {
    const branches = Array.from({ length: 2 + draw(2) }, () => sized(1 + draw(4), draw, pick).apply(x) as Value);
    return tl.layers.concatenate({ axis: pick([-1, 3]) }).apply(branches) as Value;
  }
  if (way === 5) {
    // One layer, used twice.
    const shared = keeping(size, draw, pick);
    return shared.apply(shared.apply(x)) as Value;
  }
  if (way === 6) return sequential(size.slice(1), 1 + draw(2), draw, pick, false).apply(x) as Value;
  const input = tl.input({ shape: size.slice(1) });
  const inner = keeping(size, draw, pick).apply(input) as Value;
  const sum = tl.layers.add().apply([inner, input]) as Value;
  const model = tl.model({ inputs: input, outputs: sum });
  const once = model.apply(x) as Value;
  return draw(2) ? (model.apply(once) as Value) : once;
}

function sequential(shape: readonly number[], depth: number, draw: Draw, pick: Pick, whole: boolean): tl.Sequential {
  const model = tl.sequential();
  model.add(tl.layers.inputLayer({ inputShape: [...shape] }));
  for (let i = 0; i < depth; i++) {
    const [output] = model.outputs as [Value];
    const [, ...size] = output.shape as number[];
    const inner = whole && draw(6) === 0;
    model.add(inner ? sequential(size, 1 + draw(2), draw, pick, false) : layer([1, ...size], draw, pick));
  }
  if (!whole) return model;
  model.add(pick([() => tl.layers.flatten(), () => tl.layers.globalAveragePooling2d({})])());
  if (draw(2)) model.add(tl.layers.dropout({ rate: 0.3 }));
  model.add(tl.layers.dense({ units: 2 + draw(4), useBias: draw(2) > 0, activation: 'softmax' }));
  return model;
}

const FUNCTIONS = ['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'elu', 'hardSigmoid', 'swish', 'gelu'] as const;

/** Same padding, as many filters as it takes channels. */
function keeping(size: readonly number[], draw: Draw, pick: Pick): tl.layers.Layer {
  return pick([
    () => sized(size[3] ?? 1, draw, pick),
    () => tl.layers.depthwiseConv2d({ kernelSize: 1 + draw(3), padding: 'same', activation: pick(FUNCTIONS) }),
    () => tl.layers.batchNormalization({}),
  ])();
}

function sized(filters: number, draw: Draw, pick: Pick): tl.layers.Layer {
  return tl.layers.conv2d({
    filters,
    kernelSize: 1 + draw(3),
    padding: 'same',
    activation: pick(FUNCTIONS),
    useBias: draw(3) > 0,
  });
}

function layer([, height = 1, width = 1, channels = 1]: readonly number[], draw: Draw, pick: Pick): tl.layers.Layer {
  const least = Math.min(height, width);
  const padding = least < 4 ? 'same' : pick(['valid', 'same'] as const);
  const strides = least < 4 ? 1 : 1 + draw(2);
  const window = { kernelSize: [1 + draw(3), 1 + draw(3)] as [number, number], padding, strides };
  const activation = pick(FUNCTIONS);
  const useBias = draw(3) > 0;
  const small = least > 10;
  return pick<() => tl.layers.Layer>([
    () => tl.layers.conv2d({ ...window, filters: 1 + draw(5), activation, useBias }),
    () => tl.layers.conv2d({ filters: 1 + draw(4), kernelSize: 2, dilationRate: 2, padding: 'same', activation }),
    () => tl.layers.depthwiseConv2d({ ...window, depthMultiplier: 1 + draw(2), activation, useBias }),
    () => tl.layers.separableConv2d({ ...window, filters: 1 + draw(4), activation, useBias }),
    () =>
      small
        ? tl.layers.cropping2D({
            cropping: [
              [1, 0],
              [0, 2],
            ],
          })
        : tl.layers.conv2dTranspose({
            filters: 1 + draw(3),
            kernelSize: 1 + draw(3),
            strides: 1 + draw(3),
            padding: pick(['valid', 'same']),
            activation,
            useBias,
          }),
    () => tl.layers.maxPooling2d({ poolSize: Math.min(2 + draw(2), least), strides, padding }),
    () => tl.layers.averagePooling2d({ poolSize: Math.min(2 + draw(2), least), strides, padding }),
    () => tl.layers.batchNormalization({ scale: draw(2) > 0, center: draw(2) > 0, epsilon: pick([1e-3, 1e-5]) }),
    () =>
      tl.layers.zeroPadding2d({
        padding: pick<number | [[number, number], [number, number]]>([
          1,
          [
            [0, 1],
            [2, 0],
          ],
        ]) as 1,
      }),
    () =>
      small
        ? tl.layers.activation({ activation })
        : tl.layers.upSampling2d({ size: [1 + draw(2), 2], interpolation: pick(['nearest', 'bilinear']) }),
    () => tl.layers.reLU({ maxValue: pick<number | undefined>([6, undefined]) as number }),
    () => tl.layers.leakyReLU(draw(2) ? {} : { alpha: 0.1 }),
    () => tl.layers.prelu(draw(2) ? {} : { sharedAxes: [1, 2] as unknown as number }),
    () => tl.layers.elu(),
    () => tl.layers.dropout({ rate: 0.2 }),
    () => tl.layers.gaussianNoise({ stddev: 0.1 }),
    () => tl.layers.reshape({ targetShape: [width, height, channels] }),
    () => tl.layers.dense({ units: 1 + draw(4), activation }),
  ])();
}
