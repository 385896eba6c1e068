import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { conv2d, dense, fakeQuantize, flatten, pipeline, useEngine, writeOnnx, type AnyStage } from 'sluice';
import { onnxModel } from 'sluice';
import { levelsFor, SeenValues } from '../../src/quantization/levels.ts';
import { eightBits, roundHalfToEven } from '../../src/stage/eight-bits.ts';

beforeAll(() => useEngine('cpu'));

async function onRuntime(net: AnyStage, x: Float32Array, shape: readonly number[]): Promise<Float32Array> {
  const session = await InferenceSession.create(writeOnnx(net));
  const { output } = await session.run({ input: new Tensor('float32', x, shape) });
  return output?.data as Float32Array;
}

/** ONNX's definition of QuantizeLinear and DequantizeLinear for uint8. */
function byDefinition(x: number, scale: number, zeroPoint: number): number {
  const quotient = Math.fround(Math.fround(x) / Math.fround(scale));
  return (Math.max(0, Math.min(255, roundHalfToEven(quotient) + zeroPoint)) - zeroPoint) * Math.fround(scale);
}

test('halves go to the even number, as in IEEE 754', () => {
  expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999, 2.5001].map(roundHalfToEven).map((n) => n + 0)).toEqual([
    ...[0, 2, 2, 0, -2, -2, 2, 3],
  ]);
});

test('levels by hand: 0 is a level, and the range holds all values', () => {
  expect(levelsFor(0, 6)).toEqual({ scale: Math.fround(6 / 255), zeroPoint: 0 });
  expect(levelsFor(-1, 1.55)).toEqual({ scale: Math.fround(0.01), zeroPoint: 100 });
  // A range without 0 is widened.
  expect(levelsFor(2, 5.1)).toEqual({ scale: Math.fround(5.1 / 255), zeroPoint: 0 });
  expect(levelsFor(-5.1, -2)).toEqual({ scale: Math.fround(5.1 / 255), zeroPoint: 255 });
  expect(levelsFor(0, 0)).toEqual({ scale: 1, zeroPoint: 0 });
});

test('a percentile leaves out the outermost values, and a range of all does not', () => {
  const values = Float32Array.from({ length: 10_001 }, (_, i) => (i === 5000 ? 100 : i / 10_000));
  const seen = new SeenValues();
  seen.see(values, 'conv');
  expect(seen.levels(100).scale).toBeCloseTo(100 / 255, 6);
  seen.beginCounting();
  seen.see(values, 'conv');
  expect(seen.levels(99.9).scale * 255).toBeLessThan(1.1);
});

test('values that are no numbers are refused with the name of their stage', () => {
  expect(() => new SeenValues().see(Float32Array.of(1, NaN, 2), 'block/conv')).toThrow(/block\/conv gives infinite/);
  expect(() => new SeenValues().see(Float32Array.of(1, Infinity), 'conv')).toThrow(/conv gives infinite/);
});

test('a kernel has a scale for each channel of the output, by hand', () => {
  // Two inputs, three outputs: the columns are 6.4 and -3.2; 0 and 0; 0.05 and 1.28.
  const kernel = { shape: [2, 3], data: Float32Array.of(6.4, 0, 0.05, -3.2, 0, 1.28) };
  const { values, scales } = eightBits(kernel, 1);
  expect([...values]).toEqual([64, 0, 3, -32, 0, 64]); // 0.05 / 0.02 is over 2.5 in single precision
  expect(scales[0]).toBeCloseTo(0.1, 6);
  expect(scales[1]).toBe(1);
  expect(scales[2]).toBeCloseTo(0.02, 6);
});

test('a kernel on its levels stays the same, so that a file can be written again', () => {
  const once = eightBits({ shape: [5, 2], data: Float32Array.from({ length: 10 }, (_, i) => Math.sin(7 * i)) }, 1);
  const data = Float32Array.from(once.values, (value, i) => value * (once.scales[i % 2] as number));
  expect(eightBits({ shape: [5, 2], data }, 1)).toEqual(once);
});

test('rounding is that of ONNX Runtime and of the definition', async () => {
  const [scale, zeroPoint] = [0.037, 91];
  const x = Float32Array.from({ length: 400 }, (_, i) => (i - 200) * 0.0185 * 2);
  const net = pipeline({ inputShape: [1, 400] }, fakeQuantize({ scale, zeroPoint }));
  const got = await onRuntime(net, x, [1, 400]);
  got.forEach((value, i) => expect(value).toBeCloseTo(byDefinition(x[i] as number, scale, zeroPoint), 5));
});

test('a convolution behind a rounding computes with integers: by hand, all numbers are whole', async () => {
  const net = pipeline(
    { inputShape: [1, 2, 2, 1] },
    fakeQuantize({ name: 'in', scale: 1, zeroPoint: 0 }),
    conv2d({
      name: 'conv',
      filters: 2,
      kernelSize: 2,
      weights: { kernel: Float32Array.of(64, 1, -3, 2, 5, -64, 0, 7), bias: Float32Array.of(10, -20) },
    }),
    fakeQuantize({ name: 'out', scale: 8, zeroPoint: 128 }),
  );
  // 64·1 − 3·2 + 5·3 + 10 = 83 → 10.375 levels → 80; 1 + 4 − 192 + 28 − 20 = −179 → −22.375 levels → −176
  expect([...(await onRuntime(net, Float32Array.of(1, 2, 3, 4), [1, 2, 2, 1]))]).toEqual([80, -176]);
  const text = Buffer.from(writeOnnx(net)).toString('latin1');
  expect(text).toContain('conv/kernel.scale');
});

test('without a rounding before it, a layer keeps its floats', () => {
  const net = pipeline({ inputShape: [1, 4] }, dense({ name: 'fc', units: 2, seed: 1 }));
  expect(Buffer.from(writeOnnx(net)).toString('latin1')).not.toContain('fc/kernel.scale');
});

test('a file with roundings comes back as the same stages, and computes the same', async () => {
  const net = pipeline(
    { inputShape: [1, 4, 4, 3] },
    fakeQuantize({ name: 'in', scale: 0.02, zeroPoint: 100 }),
    conv2d({ name: 'conv', filters: 5, kernelSize: 3, padding: 'same', seed: 3, activation: 'relu6' }),
    fakeQuantize({ name: 'out', scale: 0.03, zeroPoint: 0 }),
    flatten(),
    dense({ name: 'fc', units: 3, seed: 4 }),
  );
  const again = await onnxModel([new File([writeOnnx(net) as BlobPart], 'net.onnx')]);
  const rounded = again.parts.filter(({ stage }) => stage.spec.op === 'fakeQuantize').map(({ stage }) => stage.spec);
  expect(rounded).toMatchObject([{ zeroPoint: 100 }, { zeroPoint: 0 }]);
  expect(rounded[0]?.['scale']).toBe(Math.fround(0.02));
  const x = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i));
  const [one, other] = [await onRuntime(net, x, [1, 4, 4, 3]), await onRuntime(again, x, [1, 4, 4, 3])];
  other.forEach((value, i) => expect(value).toBeCloseTo(one[i] as number, 4));
});
