import { dense, graphModel, pipeline, useEngine } from 'sluice';
import { beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../src/engines/engine-types.ts';
import { engineOf } from '../../src/models/engine-of.ts';
import { loopingGraph } from './graph/looping-graph.ts';

let engine: Engine;
beforeAll(async () => void (engine = await useEngine('onnxruntime')));

it('a graph model is computed by the backend beside ONNX Runtime', async () => {
  const graph = await graphModel(loopingGraph(), { inputShape: [1, 2] });
  expect(engineOf({ pipeline: pipeline(graph) }, engine)).toEqual({
    name: 'wasm',
    reason: 'graph models do not run on onnxruntime',
  });
  const other: Engine = { name: 'cpu', reason: 'asked for' };
  expect(engineOf({ pipeline: pipeline(graph) }, other)).toBe(other);
});

it('stages are computed by the engine that was chosen', () => {
  const net = pipeline({ inputShape: [1, 2] }, dense({ units: 2, seed: 1 }));
  expect(engineOf({ pipeline: net } as never, engine)).toBe(engine);
});
