// npm run evaluate:cifar10: how many of CIFAR-10's 10,000 test pictures the bundled small AlexNet gets right.
import { useEngine } from 'sluice';
import { alexnetCifar10 } from 'sluice/pipelines/alexnet-cifar10';
import { cifar10 } from '../datasets/cifar10.ts';
import { printEvaluation } from './print-evaluation.ts';

await useEngine('wasm');
await printEvaluation(await alexnetCifar10(), (await cifar10()).test);
