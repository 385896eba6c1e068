import { readFileSync } from 'node:fs';
import path from 'node:path';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import type { io } from '@tensorflow/tfjs-core';

/** A graph model as the converter runs it, from its `model.json` and the files beside it. */
export async function plainGraph(file: string): Promise<GraphModel> {
  const json = JSON.parse(readFileSync(file, 'utf8')) as Pick<io.ModelJSON, 'weightsManifest'>;
  const parts = json.weightsManifest.flatMap(({ paths }) => paths);
  const bytes = Buffer.concat(parts.map((name) => readFileSync(path.join(path.dirname(file), name))));
  const weightSpecs = json.weightsManifest.flatMap(({ weights }) => weights);
  const artifacts = { ...json, weightSpecs, weightData: new Uint8Array(bytes).buffer };
  return loadGraphModel({ load: async () => artifacts });
}
