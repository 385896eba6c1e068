// npm run evaluate:lenet5: how many of MNIST's 10,000 test digits the bundled LeNet-5 gets right.
import { useEngine } from 'sluice';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { mnist } from '../datasets/mnist.ts';
import { printEvaluation } from './print-evaluation.ts';

await useEngine('wasm');
await printEvaluation(await lenet5(), (await mnist()).test);
