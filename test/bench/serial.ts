import { spawn } from 'node:child_process';
import * as tf from '@tensorflow/tfjs-core';
import * as native from 'onnxruntime-node';
import * as web from 'onnxruntime-web';
import { useEngine, writeOnnx } from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { locateFfmpeg } from '../../src/sources/ffmpeg/locate.ts';
import { byHand, type Forward } from './by-hand.ts';
import type { Contender } from './compare.ts';
import { mobilenet } from './networks.ts';
import { asLayers } from './peers.ts';

// Loops as one writes them by hand: a picture is decoded, scored, and the best class found, one after the other.

/** On onnxruntime-node, with two threads. */
export function serialOnnxRuntime(file: string, frames: number): Promise<Contender> {
  const options = { intraOpNumThreads: 2 };
  return onOnnx('ffmpeg → onnxruntime-node, by hand', native, options, file, frames);
}

/** The same of the key frames of a video. */
export async function serialKeyFrames(file: string): Promise<Contender> {
  const options = { intraOpNumThreads: 2 };
  const name = 'ffmpeg -skip_frame nokey → onnxruntime-node, by hand';
  return onOnnx(name, native, options, file, 1, ['-skip_frame', 'nokey']);
}

/** On onnxruntime-web, which computes in WebAssembly. */
export function serialOnnxWeb(file: string, frames: number): Promise<Contender> {
  return onOnnx('ffmpeg → onnxruntime-web, by hand', web, {}, file, frames);
}

async function onOnnx(
  name: string,
  { InferenceSession, Tensor }: Pick<typeof native, 'InferenceSession' | 'Tensor'>,
  options: native.InferenceSession.SessionOptions,
  file: string,
  frames: number,
  decoding: readonly string[] = [],
): Promise<Contender> {
  const net = await mobilenetV1();
  const session = await InferenceSession.create(writeOnnx(net.pipeline), options);
  const { width, height } = net.preprocess;
  return {
    name,
    frames,
    async run() {
      for await (const picture of pictures(file, width, height, decoding)) {
        const { output } = await session.run({ input: new Tensor('float32', picture, [1, height, width, 3]) });
        bestOf(output?.data as Float32Array);
      }
    },
  };
}

/** On tfjs's wasm backend, its calls written out. */
export async function serialWasm(file: string, frames: number): Promise<Contender> {
  await useEngine('wasm');
  return onTfjs('ffmpeg → tfjs-wasm, by hand', byHand(await mobilenet()), file, frames);
}

/** The same with `predict` of tfjs-layers. */
export async function serialLayers(file: string, frames: number): Promise<Contender> {
  await useEngine('wasm');
  return onTfjs('ffmpeg → tfjs-layers on wasm, by hand', asLayers(await mobilenet()), file, frames);
}

function onTfjs(name: string, forward: Forward, file: string, frames: number): Contender {
  return {
    name,
    frames,
    async run() {
      await useEngine('wasm');
      for await (const picture of pictures(file, 224, 224)) {
        const input = tf.tensor4d(picture, [1, 224, 224, 3]);
        const output = forward(input);
        input.dispose();
        bestOf(await output.data<'float32'>());
        output.dispose();
      }
    },
  };
}

/** A video's pictures, scaled to −1 … 1. */
async function* pictures(
  file: string,
  width: number,
  height: number,
  decoding: readonly string[] = [],
): AsyncGenerator<Float32Array> {
  const { path: ffmpeg, passthrough } = await locateFfmpeg();
  const size = `scale=${width}:${height}:flags=area`;
  const child = spawn(ffmpeg, [
    '-v',
    'error',
    ...decoding,
    '-i',
    file,
    passthrough,
    'passthrough',
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
