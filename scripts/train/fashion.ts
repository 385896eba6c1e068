// npm run train:fashion: trains LeNet-5 on Fashion-MNIST from nothing, with the settings of train:lenet5 as they are, and prints how many of the
// 10,000 test pictures are right. It writes nothing. The pictures fill the input: no digit is looked for in them.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { lastValueFrom, tap } from 'rxjs';
import { rotate, useEngine } from 'sluice';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { shuffledOrder } from '../../src/stage/random.ts';
import { examplesOf } from '../datasets/dataset.ts';
import { fashionMnist } from '../datasets/fashion-mnist.ts';
import { rightOf } from './accuracy.ts';
import { fitLenet5 } from './fit-lenet5.ts';
import { framesOf } from './frames-of.ts';
import { TrainingLog } from './training-log.ts';

const { values: options } = parseArgs({
  options: { epochs: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const [epochs, seed] = [Number(options.epochs), Number(options.seed)];

const engine = await useEngine('wasm');
const { train, test } = await fashionMnist();
const log = new TrainingLog();
log.note(`LeNet-5 on Fashion-MNIST, npm run train:fashion, seed ${seed}, ${epochs} epochs, settings of train:lenet5`);
log.note(`${cpus()[0]?.model.trim() ?? ''}, ${engine.name}, Node ${process.version}`);

const order = shuffledOrder(train.count, seed);
const learned = train.count - 5000;
const model = await lenet5({ seed });
const training = fitLenet5(
  model,
  (epoch) => {
    const among = shuffledOrder(learned, seed + epoch).map((place) => order[place] as number);
    return framesOf(examplesOf(train, { order: among })).pipe(rotate({ degrees: 12, seed: seed + epoch }));
  },
  { epochs, seed, validation: () => examplesOf(train, { from: learned, order }) },
);
const { model: trained } = await lastValueFrom(training.pipe(tap((progress) => log.progress(progress))));
const measured = { ...trained, preprocess: { ...trained.preprocess, fit: 'fill' } } as const;
const { right, count } = await rightOf(measured, examplesOf(test));
log.note(`test: ${right} of ${count} right, ${((100 * right) / count).toFixed(2)} %`);
