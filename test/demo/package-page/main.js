// What a user of the package writes: one import, and the model is off the main thread.
import { imageFiles, inWorker } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

const output = document.querySelector('output');
try {
  const model = await mobilenetV1();
  const bytes = await (await fetch(new URL('../../data/squirrel_cls.jpg', import.meta.url))).blob();
  const { searchParams } = new URL(location.href);
  const engine = searchParams.get('engine');
  const ownWorker = () => new Worker(new URL('./own-worker.js', import.meta.url), { type: 'module' });
  const worker = searchParams.get('own') === 'true' ? { worker: ownWorker } : {};
  const onEngine = ({ name }) => (output.dataset.engine = name);
  imageFiles([new File([bytes], 'squirrel.jpg')], { resize: model.preprocess })
    .pipe(inWorker(model, { engine, top: 1, onEngine, ...worker }))
    .subscribe({
      next: ({ classes: [best] }) => (output.textContent = best.label),
      error: ({ name, message }) => (output.textContent = `${name}: ${message}`),
    });
} catch (error) {
  output.textContent = String(error);
}
