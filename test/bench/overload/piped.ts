import { filter } from 'rxjs';
import { classify, preprocess, type Classification, type FrameResult } from 'sluice';
import { inWorker, webcam } from 'sluice/browser';
import { WASM_PATHS } from '../../browser/support/wasm-paths.ts';
import { watchPaints, type Labelled } from './frame-clock.ts';
import type { Setting, Watched } from './plain-loop.ts';

/** The first results are not counted. */
const WARM_UP = 3;

/** A camera piped through sluice, on the page's own thread or in a worker. */
export function piped(where: 'page' | 'worker'): (setting: Setting) => Promise<Watched> {
  return async ({ net, engine, clock, ms }) => {
    const camera = webcam({ resize: net.preprocess });
    camera.events
      .pipe(filter(({ type }) => type === 'arrived'))
      .subscribe(({ label, at }) => clock.saw(label.timestamp, at));
    const labels =
      where === 'worker'
        ? camera.pipe(inWorker(net, { engine, top: 1, wasmPaths: WASM_PATHS }))
        : camera.pipe(preprocess(net.preprocess), net.pipeline, classify({ labels: net.labels, top: 1 }));
    const results: Labelled[] = [];
    let [seen, until, stop] = [0, Infinity, (): number[] => []];
    await new Promise<void>((resolve, reject) => {
      const watching = labels.subscribe({
        next(result) {
          const at = performance.now();
          if (++seen === WARM_UP) [until, stop] = [at + ms, watchPaints()];
          else if (seen > WARM_UP) results.push(labelledOf(result, at));
          if (at < until) return;
          watching.unsubscribe();
          resolve();
        },
        error: reject,
      });
    });
    return { results, paints: stop() };
  };
}

function labelledOf({ timestamp, classes, timings }: FrameResult<Classification>, at: number): Labelled {
  return { timestamp, at, service: serviceOf(timings), label: classes[0]?.label ?? '' };
}

/** From the start of the first stage to the end of the last one. */
export function serviceOf(timings: FrameResult<object>['timings']): number {
  const [first, last] = [timings[0], timings.at(-1)];
  return (last?.startMs ?? NaN) + (last?.submitMs ?? NaN) - (first?.startMs ?? NaN);
}
