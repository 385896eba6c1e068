import { readFileSync } from 'node:fs';
import { lastValueFrom } from 'rxjs';
import { frameSource, infer, sampleFrames, useEngine, type Frame, type Model, type Pixels } from 'sluice';
import { quantize, videoFile } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { compare, type Contender, type Result } from './compare.ts';

/** Which instructions for products of 8 bits the processor has, by what Linux says. */
export function instructions(): string {
  try {
    const flags = new Set(/^flags\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' '));
    const names = { avx2: 'AVX2', avx512_vnni: 'AVX-512 VNNI', avx_vnni: 'AVX VNNI', amx_int8: 'AMX' };
    return Object.entries(names)
      .map(([flag, name]) => `${name}: ${flags.has(flag) ? 'yes' : 'no'}`)
      .join(', ');
  } catch {
    return 'instructions unknown';
  }
}

/** Frames of the sample at the size of a model. */
async function framesFor({ preprocess }: Model): Promise<readonly Pixels[]> {
  const kept: Pixels[] = [];
  const source = videoFile('samples/cockatoo.mp4', { resize: preprocess }).pipe(sampleFrames({ fps: 1 }));
  await source.forEach(({ data }: Frame<Pixels>) => {
    kept.push({ ...data, data: data.data.slice() });
  });
  return kept;
}

const sourceOf = (pictures: readonly Pixels[], count = pictures.length) =>
  frameSource(
    Array.from({ length: count }, (_, i) => ({ data: pictures[i % pictures.length] as Pixels, timestamp: i * 40_000 })),
    { source: 'bench' },
  );

/** Pictures in memory to classes, on one thread of ONNX Runtime. */
function labelling(name: string, model: Model, pictures: readonly Pixels[]): Contender {
  return {
    name,
    async run(frames) {
      await lastValueFrom(sourceOf(pictures, frames).pipe(infer(model, { top: 1 })));
    },
  };
}

/** Floats against integers, for MobileNet v1. */
export async function int8(rounds: number): Promise<readonly [string, readonly Result[]]> {
  await useEngine('onnxruntime', { threads: 1 });
  const model = await mobilenetV1();
  const pictures = await framesFor(model);
  const { model: small } = await quantize(model, sourceOf(pictures));
  const contenders = [labelling('floats', model, pictures), labelling('integers of 8 bits', small, pictures)];
  return ['MobileNet v1, onnxruntime, one thread, pictures in memory', await compare(contenders, 40, rounds)];
}
