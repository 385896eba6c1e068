import { lastValueFrom } from 'rxjs';
import { classify, preprocess, useEngine, type EngineName } from 'sluice';
import { videoFile } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import type { Contender } from './compare.ts';
import { serialOnnxRuntime, serialWasm } from './serial.ts';

/** From a video file to a label for every frame: loops written by hand, one step after the other, and sluice. */
export async function fromFileToLabel(file: string): Promise<{ contenders: Contender[]; frames: number }> {
  const net = await mobilenetV1();
  const labels = () =>
    videoFile(file, { resize: net.preprocess }).pipe(preprocess(net.preprocess), net.pipeline, classify({ top: 1 }));
  const frames = 1 + (await lastValueFrom(labels())).seq;
  const sluice = (engine: EngineName): Contender => ({
    name: `sluice on ${engine}`,
    async run() {
      await useEngine(engine);
      await lastValueFrom(labels());
    },
  });
  const contenders = [
    await serialOnnxRuntime(file, frames),
    sluice('onnxruntime'),
    await serialWasm(file, frames),
    sluice('wasm'),
  ];
  return { contenders, frames };
}
