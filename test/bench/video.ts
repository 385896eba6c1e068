import { spawn } from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { lastValueFrom } from 'rxjs';
import { classify, preprocess, useEngine, writeOnnx, type EngineName } from 'sluice';
import { videoFile } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { byHand } from './by-hand.ts';
import type { Contender } from './compare.ts';
import { mobilenet } from './networks.ts';

/** From a video file to a label for every frame: loops written by hand, one step after the other, and sluice. */
export async function fromFileToLabel(file: string): Promise<{ contenders: Contender[]; frames: number }> {
  const [{ path: ffmpeg }, subject, net] = await Promise.all([locateFfmpeg(undefined), mobilenet(), mobilenetV1()]);
  const [, height, width] = subject.shape;
  const pictures = () => decoded(ffmpeg, file, width, height);
  const session = await InferenceSession.create(writeOnnx(net.pipeline), { intraOpNumThreads: 2 });
  await useEngine('wasm');
  const forward = byHand(subject);
  let frames = 0;
  for await (const _ of pictures()) frames++;

  const sluice = (engine: EngineName): Contender => ({
    name: `sluice on ${engine}`,
    async run() {
      await useEngine(engine);
      const video = videoFile(file, { resize: net.preprocess });
      await lastValueFrom(video.pipe(preprocess(net.preprocess), net.pipeline, classify({ top: 1 })));
    },
  });
  return {
    frames,
    contenders: [
      {
        name: 'ffmpeg → onnxruntime-node, by hand',
        async run() {
          for await (const picture of pictures()) {
            const { output } = await session.run({ input: new Tensor('float32', picture, subject.shape) });
            bestOf(output?.data as Float32Array);
          }
        },
      },
      sluice('onnxruntime'),
      {
        name: 'ffmpeg → tfjs-wasm, by hand',
        async run() {
          await useEngine('wasm');
          for await (const picture of pictures()) {
            const input = tf.tensor4d(picture, [...subject.shape]);
            const output = forward(input);
            input.dispose();
            bestOf(await output.data<'float32'>());
            output.dispose();
          }
        },
      },
      sluice('wasm'),
    ],
  };
}

/** A video's pictures, scaled to −1 … 1. */
async function* decoded(ffmpeg: string, file: string, width: number, height: number): AsyncGenerator<Float32Array> {
  const size = `scale=${width}:${height}:flags=area`;
  const child = spawn(ffmpeg, [
    '-v',
    'error',
    '-i',
    file,
    '-vf',
    size,
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    'pipe:1',
  ]);
  const bytes = width * height * 3;
  let rest = Buffer.alloc(0);
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= bytes; rest = rest.subarray(bytes)) {
      const picture = new Float32Array(bytes);
      for (let i = 0; i < bytes; i++) picture[i] = (rest[i] ?? 0) / 127.5 - 1;
      yield picture;
    }
  }
}

function bestOf(scores: Float32Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] ?? 0) > (scores[best] ?? 0)) best = i;
  return best;
}
