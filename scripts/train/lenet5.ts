// npm run train:lenet5: trains LeNet-5 on MNIST from nothing, and writes pipelines/lenet5/weights.safetensors with the log beside it.
// The 10,000 test digits are used only at the end, to measure; 5,000 of the training digits are held out to choose the epoch.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { lastValueFrom, map, tap, toArray } from 'rxjs';
import { resize, rotate, useEngine, writeSafetensors } from 'sluice';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { shuffledOrder } from '../../src/stage/random.ts';
import { examplesOf, type Example } from '../datasets/dataset.ts';
import { mnist } from '../datasets/mnist.ts';
import { rightOf } from './accuracy.ts';
import { fitLenet5 } from './fit-lenet5.ts';
import { framesOf } from './frames-of.ts';
import { TrainingLog } from './training-log.ts';

const { values: options } = parseArgs({
  options: {
    epochs: { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'pipelines/lenet5' },
  },
});
const [epochs, seed] = [Number(options.epochs), Number(options.seed)];

const engine = await useEngine('wasm');
const { train, test } = await mnist();
const log = new TrainingLog();
log.note(
  `LeNet-5 on MNIST, npm run train:lenet5, seed ${seed}, ${epochs} epochs, batches of 64, adam with a rate of 0.002 along a cosine`,
);
log.note(
  `Each digit is found by the preprocessing and turned by up to 12 degrees. ${cpus()[0]?.model.trim() ?? ''}, ${engine.name}, Node ${process.version}`,
);

const model = await lenet5({ seed });
const { width, height } = model.preprocess;

/** The digits as the model's preprocessing finds them: once, which takes longer than an epoch. */
function found(examples: Iterable<Example>) {
  const digits = framesOf(examples).pipe(resize({ width, height, fit: 'digit' }));
  return lastValueFrom(
    digits.pipe(
      map(({ data, label: { target = 0 } }) => ({ data, target })),
      toArray(),
    ),
  );
}

const order = shuffledOrder(train.count, seed);
const learned = train.count - 5000;
const digits = await found(examplesOf(train, { to: learned, order }));
const heldOut = await found(examplesOf(train, { from: learned, order }));

/** The digits to learn from, as frames, in an order of their own for each epoch. */
function turned(epoch: number) {
  const among = [...shuffledOrder(digits.length, seed + epoch)].map((place) => digits[place] as Example);
  return framesOf(among).pipe(rotate({ degrees: 12, seed: seed + epoch }));
}

const training = fitLenet5(model, turned, { epochs, seed, validation: heldOut });
const { model: trained } = await lastValueFrom(training.pipe(tap((progress) => log.progress(progress))));
// What is measured is what is bundled.
const weights = writeSafetensors(trained.pipeline.weights([1, 32, 32, 1]), 'F16');
const { right, count } = await rightOf(await lenet5({ weights }), examplesOf(test));
log.note(`test: ${right} of ${count} right, ${((100 * right) / count).toFixed(2)} %`);
writeFileSync(`${options.out}/weights.safetensors`, weights);
writeFileSync(`${options.out}/training.log`, `${log.lines.join('\n')}\n`);
