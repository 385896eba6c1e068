// What a page uses. It is compiled without the types of Node, and bundled with Vite.
import { conv2d, flatten, pipeline, preprocess } from 'sluice';
import { inWorker, webcam } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

const camera = webcam();
const net = pipeline(conv2d({ filters: 4, kernelSize: 3, seed: 1 }), flatten());
camera.pipe(preprocess({ width: 28, height: 28, range: [0, 1] }), net).subscribe((frame) => console.log(frame.label));
mobilenetV1()
  .then((model) => camera.pipe(inWorker(model)).subscribe(console.log))
  .catch(console.error);

// @ts-expect-error a convolution takes tensors; these are pictures
camera.pipe(net);
