// Labels one picture on the engine named in the query, and shows the scores and the engine's reason.
import simd from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url';
import threaded from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-threaded-simd.wasm?url';
import plain from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url';
import { memory } from '@tensorflow/tfjs-core';
import { firstValueFrom } from 'rxjs';
import { infer, useEngine } from 'sluice';
import { imageFiles } from 'sluice/browser';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

const wasmPaths = {
  'tfjs-backend-wasm.wasm': plain,
  'tfjs-backend-wasm-simd.wasm': simd,
  'tfjs-backend-wasm-threaded-simd.wasm': threaded,
};
const output = document.querySelector('output');
try {
  const { searchParams } = new URL(location.href);
  // Makes the script of wasm's threads fail.
  if (searchParams.has('broken')) {
    const Plain = Blob;
    globalThis.Blob = class extends Plain {
      constructor(parts, ...options) {
        super(String(parts[0]).includes('WasmBackendModuleThreadedSimd') ? ['nobody.knows.this'] : parts, ...options);
      }
    };
  }
  // Makes wasm's threads never get their module.
  if (searchParams.has('silent')) {
    const Plain = Worker;
    globalThis.Worker = class extends Plain {
      postMessage(...message) {
        if (message[0]?.cmd !== 'load') super.postMessage(...message);
      }
    };
  }
  if (searchParams.has('absent')) wasmPaths['tfjs-backend-wasm-threaded-simd.wasm'] = './nothing-here.wasm';
  // Makes wasm fail: nothing is served there.
  if (searchParams.has('nowasm')) for (const file of Object.keys(wasmPaths)) wasmPaths[file] = './nothing-here.wasm';
  if (searchParams.has('nogpu')) Reflect.deleteProperty(Navigator.prototype, 'gpu');
  const threads = searchParams.get('threads');
  const options = { wasmPaths, ...(threads && { threads: Number(threads) }) };
  const { name, reason } = await useEngine(searchParams.get('engine'), options);
  const again = searchParams.has('twice') ? (await useEngine(searchParams.get('engine'), options)).reason : reason;
  const tensors = memory().numTensors;
  const model = await mobilenetV1();
  const bytes = await (await fetch(new URL('../../data/squirrel_cls.jpg', import.meta.url))).blob();
  const picture = imageFiles([new File([bytes], 'squirrel.jpg')], { resize: model.preprocess });
  const result = await firstValueFrom(picture.pipe(infer(model, { top: 3 })));
  const scores = result.classes.map(({ score }) => score);
  output.textContent = JSON.stringify({ name, reason, again, tensors, isolated: crossOriginIsolated, scores });
} catch (error) {
  output.textContent = String(error);
}
