import * as tf from '@tensorflow/tfjs-core';
import * as runtime from 'onnxruntime-web/wasm';
import ortWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { map } from 'rxjs';
import { frameSource, classify, currentEngine, preprocess, stage, useEngine, type Frame } from 'sluice';
import { imageFiles } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { beforeAll, describe, expect, it } from 'vitest';
import photo from '../data/squirrel_cls.jpg?url';
import { closedAccount, leakFree, run } from '../support/balance.ts';
import { TOLERANCE } from '../support/compute.ts';
import { runCases } from '../conformance/run-cases.ts';
import { WASM_PATHS } from './support/wasm-paths.ts';

beforeAll(() => {
  // Served by the page, as the files of tfjs are.
  runtime.env.wasm.wasmPaths = { wasm: new URL(ortWasm, location.href).href };
  runtime.env.wasm.numThreads = 1;
});

const engine = { runtime, wasmPaths: WASM_PATHS };

runCases('onnxruntime', TOLERANCE, () => undefined, engine);

describe('onnxruntime-web', () => {
  it('is nothing that auto takes, nor found without being given: EngineError that says how', async () => {
    expect((await useEngine('auto', { wasmPaths: WASM_PATHS })).name).not.toBe('onnxruntime');
    await expect(useEngine('onnxruntime')).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringContaining("import * as runtime from 'onnxruntime-web'"),
    });
    await expect(useEngine('onnxruntime', { runtime: {} as never })).rejects.toMatchObject({ code: 'option' });
    await expect(useEngine('onnxruntime', { runtime, executionProviders: ['abacus'] })).rejects.toMatchObject({
      code: 'engine',
    });
  });

  it('labels a photo as wasm does, with nothing left', { timeout: 120_000 }, async () => {
    const net = await mobilenetV1();
    const label = async () => {
      const picture = new File([await (await fetch(photo)).blob()], 'squirrel.jpg');
      const source = imageFiles([picture, picture]);
      const results = source.pipe(preprocess(net.preprocess), net.pipeline, classify({ labels: net.labels, top: 3 }));
      const { values } = await run(results);
      expect(closedAccount(source)).toMatchObject({ produced: 2, delivered: 2 });
      return values;
    };
    await useEngine('onnxruntime', engine);
    const here = await leakFree(label);
    await useEngine('wasm', { wasmPaths: WASM_PATHS });
    const there = await label();
    expect(here[0]?.classes[0]?.label).toBe('fox squirrel');
    here[0]?.classes.forEach(({ label: name, score }, i) => {
      expect(name).toBe(there[0]?.classes[i]?.label);
      expect(Math.abs(score - (there[0]?.classes[i]?.score ?? NaN))).toBeLessThan(1e-4);
    });
    expect(here.map(({ timings }) => timings.length)).toEqual([3, 33]);
  });

  it('stages of one’s own stay on tfjs, between graphs', async () => {
    await useEngine('onnxruntime', engine);
    expect(currentEngine()?.name).toBe('onnxruntime');
    const minus = stage<tf.Tensor, tf.Tensor>({
      spec: { op: 'minus' },
      outputShape: (input) => input,
      kernel: () => (x) => tf.neg(x),
    });
    const { activation } = await import('sluice');
    const values = await leakFree(async () => {
      const source = frameSource([{ data: tf.tensor([[-1, 2]]), timestamp: 0 }], { source: 'test' });
      const ended = await run(
        source.pipe(
          activation('relu'),
          minus,
          activation('sigmoid'),
          map(({ data }: Frame<tf.Tensor>) => Array.from(data.dataSync())),
        ),
      );
      return ended.values[0] ?? [];
    });
    expect(values[0]).toBe(0.5);
    expect(values[1]).toBeCloseTo(1 / (1 + Math.exp(2)));
  });
});
