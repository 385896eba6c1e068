import { imageFiles, inWorker } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

const model = await mobilenetV1();
const photo = await (await fetch('/squirrel.jpg')).blob();
imageFiles([new File([photo], 'squirrel.jpg')], { resize: model.preprocess })
  .pipe(inWorker(model, { top: 1, engine: 'wasm', wasmPaths: '/wasm/' }))
  .subscribe({ next: ({ classes }) => console.log('in a worker:', classes[0].label), error: console.error });
