// What a Node program uses: every entry point that Node has, through the types that the package publishes.
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Observable } from 'rxjs';
import { conv2d, dense, flatten, maxPool, pipeline, useEngine, type Engine, type Pipeline } from 'sluice';
import { videoFile } from 'sluice/node';
import { alexnet } from 'sluice/pipelines/alexnet';
import { catchPlayer } from 'sluice/pipelines/catch';
import { alexnetCifar10 } from 'sluice/pipelines/alexnet-cifar10';
import { lenet5 } from 'sluice/pipelines/lenet5';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { mobilenetV1Int8 } from 'sluice/pipelines/mobilenet-v1-int8';
import { mobilenetV2 } from 'sluice/pipelines/mobilenet-v2';
import { resnet50 } from 'sluice/pipelines/resnet50';
import { squeezenet } from 'sluice/pipelines/squeezenet';
import { vgg16 } from 'sluice/pipelines/vgg16';
import { fakeCamera, inVirtualTime } from 'sluice/testing';

export const engine: Promise<Engine> = useEngine('wasm');
export const models = [
  alexnet,
  alexnetCifar10,
  lenet5,
  mobilenetV1,
  mobilenetV1Int8,
  mobilenetV2,
  resnet50,
  squeezenet,
  vgg16,
];
export const player = catchPlayer;
export const testing = [fakeCamera, inVirtualTime];

const conv = conv2d({ filters: 4, kernelSize: 3, seed: 1 });
export const net: Pipeline<Tensor4D, Tensor2D> = pipeline(conv, flatten(), dense({ units: 2, seed: 2 }));
export const frames: Observable<unknown> = videoFile('clip.mp4');

// @ts-expect-error dense takes rows, not pictures
pipeline(conv, dense({ units: 2, seed: 2 }));
// @ts-expect-error a pooling takes pictures, not rows
pipeline(flatten(), maxPool({ poolSize: 2 }));
// @ts-expect-error a convolution takes tensors; these are pictures
videoFile('clip.mp4').pipe(conv);
