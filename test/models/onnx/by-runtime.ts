import * as ort from 'onnxruntime-node';
import type { Grid } from '../../support/reference.ts';

/** What ONNX Runtime, without any optimization, computes of a model's only input. Shapes and layout are ONNX's. */
export async function byRuntime(
  model: Uint8Array,
  x: Grid,
  weights: ReadonlyMap<string, Float32Array> = new Map(),
): Promise<Grid> {
  const externalData = [...weights].map(([name, values]) => ({ path: name, data: new Uint8Array(values.buffer) }));
  const session = await ort.InferenceSession.create(model, {
    ...(externalData.length > 0 ? { externalData } : {}),
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 3,
    intraOpNumThreads: 1,
  });
  const input = new ort.Tensor('float32', Float32Array.from(x.data), [...x.shape]);
  const { [session.outputNames[0] ?? '']: output } = await session.run({ [session.inputNames[0] ?? '']: input });
  await session.release();
  return { shape: output?.dims ?? [], data: Array.from((output?.data ?? []) as Float32Array) };
}

/** A picture in ONNX's layout, `[1, channels, height, width]`, of one in sluice's. */
export function planar({ shape, data }: Grid): Grid {
  const [batch = 1, height = 1, width = 1, channels = 1] = shape;
  const turned = data.map((_, i) => {
    const [c, pixel] = [Math.floor(i / (height * width)) % channels, i % (height * width)];
    return data[pixel * channels + c] ?? NaN;
  });
  return { shape: [batch, channels, height, width], data: turned };
}
