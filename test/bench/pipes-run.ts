// One measurement of pipes.ts, in a process of its own: node pipes-run.ts ENGINE WAY COUNT
import { lastValueFrom, merge } from 'rxjs';
import { infer, useEngine, type EngineName } from 'sluice';
import { images } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

const [engine, way, count] = process.argv.slice(2);
await useEngine(engine as EngineName);
const model = await mobilenetV1();
const photo = new URL('../data/squirrel_cls.jpg', import.meta.url);
const pipe = (photos: number) =>
  images(
    Array.from({ length: photos }, () => photo),
    { resize: model.preprocess },
  ).pipe(infer(model, { top: 1 }));

const startedAt = performance.now();
const pipes = way === 'in one pipe' ? [pipe(Number(count))] : Array.from({ length: Number(count) }, () => pipe(1));
await lastValueFrom(merge(...pipes));
const ms = performance.now() - startedAt;
console.log(JSON.stringify({ ms, rssMiB: process.resourceUsage().maxRSS / 1024 }));
