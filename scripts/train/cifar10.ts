// npm run train:cifar10: trains a small AlexNet-style network on CIFAR-10 from nothing, and writes its weights with the log beside them. It goes on
// where it was stopped. The 10,000 test pictures are used only at the end, to measure; 5,000 of the training pictures are held out.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { lastValueFrom, tap } from 'rxjs';
import { fit, flip, randomCrop, useEngine, writeSafetensors } from 'sluice';
import { alexnetCifar10 } from 'sluice/pipelines/alexnet-cifar10';
import { CACHE_FOLDER } from '../cached-file.ts';
import { cifar10 } from '../datasets/cifar10.ts';
import { shuffledOrder } from '../../src/stage/random.ts';
import { examplesOf } from '../datasets/dataset.ts';
import { rightOf } from './accuracy.ts';
import { framesOf } from './frames-of.ts';
import { TrainingLog } from './training-log.ts';

const { values: options } = parseArgs({
  options: {
    epochs: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'pipelines/alexnet-cifar10' },
  },
});
const [epochs, seed] = [Number(options.epochs), Number(options.seed)];

const engine = await useEngine('wasm');
const { train, test, labels } = await cifar10();
const order = shuffledOrder(train.count, seed);
const learned = train.count - 5000;

/** The pictures to learn from, as frames, in an order of their own for each epoch, mirrored and moved at random. */
function pictures(epoch: number) {
  const among = shuffledOrder(learned, seed + epoch).map((place) => order[place] as number);
  return framesOf(examplesOf(train, { order: among })).pipe(
    flip({ seed: seed + epoch }),
    randomCrop({ width: 32, height: 32, padding: 4, seed: seed + epoch }),
  );
}

const checkpoint = path.join(CACHE_FOLDER, 'cifar10.checkpoint.safetensors');
mkdirSync(CACHE_FOLDER, { recursive: true });
const kept = existsSync(checkpoint) ? readFileSync(checkpoint) : undefined;
const log = new TrainingLog();
log.note(
  `The network of sluice/pipelines/alexnet-cifar10 on CIFAR-10, npm run train:cifar10, seed ${seed}, ${epochs} epochs, batches of 64, adamw with a rate of 0.0015 along a cosine`,
);
log.note(
  `Pictures are mirrored and moved by up to 4 pixels. ${cpus()[0]?.model.trim() ?? ''}, ${engine.name}, Node ${process.version}`,
);
if (kept) log.note('It goes on where an earlier run was stopped.');
const training = fit(await alexnetCifar10({ seed, labels }), pictures, {
  epochs,
  batchSize: 64,
  optimizer: { name: 'adamw', weightDecay: 0.01 },
  learningRate: { rate: 0.0015, schedule: 'cosine', warmUp: 200 },
  shuffle: 1,
  seed,
  validation: () => examplesOf(train, { from: learned, order }),
  checkpoint(bytes) {
    writeFileSync(`${checkpoint}.partial`, bytes);
    renameSync(`${checkpoint}.partial`, checkpoint);
  },
  ...(kept ? { resume: kept } : {}),
});
const { model: trained } = await lastValueFrom(training.pipe(tap((progress) => log.progress(progress))));
// What is measured is what is bundled.
const weights = writeSafetensors(trained.pipeline.weights([1, 32, 32, 3]), 'F16');
const { right, count } = await rightOf(await alexnetCifar10({ weights, labels }), examplesOf(test));
log.note(`test: ${right} of ${count} right, ${((100 * right) / count).toFixed(2)} %`);
writeFileSync(path.join(options.out, 'weights.safetensors'), weights);
writeFileSync(path.join(options.out, 'training.log'), `${log.lines.join('\n')}\n`);
rmSync(checkpoint);
