import { filter } from 'rxjs';
import { infer, overlay, withPicture, type Detection, type DetectionOptions, type Model } from 'sluice';
import { inWorker, webcam } from 'sluice/browser';
import { cocoSsd } from 'sluice/pipelines/coco-ssd';
import { WASM_PATHS } from '../../browser/support/wasm-paths.ts';
import { watchPaints, type FrameClock, type Labelled } from './frame-clock.ts';
import { serviceOf } from './piped.ts';
import type { Watched } from './plain-loop.ts';
import type { EngineName } from 'sluice';

/** The first results are not counted. */
const WARM_UP = 3;

/** A camera through COCO-SSD. Each picture is painted with its boxes, as large as the camera gives it. */
export async function detecting(
  where: 'page' | 'worker',
  { engine, clock, ms }: { readonly engine: EngineName; readonly clock: FrameClock; readonly ms: number },
): Promise<Watched> {
  const model: Model<Detection, DetectionOptions> = await cocoSsd(new URL('model.json', location.href));
  const canvas = document.body.appendChild(document.createElement('canvas'));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2D context');
  const camera = webcam();
  camera.events
    .pipe(filter(({ type }) => type === 'arrived'))
    .subscribe(({ label, at }) => clock.saw(label.timestamp, at));
  const detect = where === 'worker' ? inWorker(model, { engine, wasmPaths: WASM_PATHS }) : infer(model);
  const results: Labelled[] = [];
  let [seen, until, stop] = [0, Infinity, (): number[] => []];
  await new Promise<void>((resolve, reject) => {
    const watching = camera.pipe(withPicture(detect)).subscribe({
      next({ data: { pixels, result } }) {
        const { width, height, data } = pixels;
        if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
        context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
        overlay(context, result, model.task, { clear: false });
        const at = performance.now();
        const { timestamp, boxes, timings } = result;
        if (++seen === WARM_UP) [until, stop] = [at + ms, watchPaints()];
        else if (seen > WARM_UP) {
          results.push({ timestamp, at, service: serviceOf(timings), label: boxes[0]?.label ?? 'nothing' });
        }
        if (at < until) return;
        watching.unsubscribe();
        resolve();
      },
      error: reject,
    });
  });
  return { results, paints: stop() };
}
