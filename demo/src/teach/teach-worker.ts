import { concatMap, defer, filter, map, mergeMap, Observable, partition, Subject, takeUntil, tap } from 'rxjs';
import { frameSource, infer, transfer, useEngine, type Arrival, type Pixels } from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';
import { failureOf } from '../run/failure.ts';
import { examplesOf } from './examples-of.ts';
import type { FromWorker, Result, Setup, Task, ToWorker } from './messages.ts';
import { trained } from './trained.ts';

// The worker of the card “Teach it your classes”: it computes the features of pictures, and trains heads on them. It keeps no examples.

type Asked = Task & { readonly id: number };

const port = globalThis as unknown as {
  postMessage(message: FromWorker, transfer: Transferable[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
};
const tasks = new Subject<Asked>();
const cancelled = new Subject<number>();
const broken = (thrown: unknown) => tell({ type: 'broken', failure: failureOf(thrown) });

port.addEventListener('message', ({ data }) => {
  if (data.type === 'setup') setUp(data).catch(broken);
  else if (data.type === 'cancel') cancelled.next(data.id);
  else tasks.next(data);
});

async function setUp({ weights, wasmPaths }: Setup): Promise<void> {
  await useEngine('wasm', { wasmPaths });
  const base = await mobilenetV1({ weights });
  const { features } = transfer(base, ['one', 'another']);
  const [trainings, pictures] = partition(tasks, ({ type }) => type === 'train');
  const work = (task: Task): Observable<Result> =>
    task.type === 'train'
      ? trained(base, task)
      : examplesOf(features, task).pipe(map((example) => ({ type: 'example', example })));
  const answered = (task: Asked) =>
    answer(
      task.id,
      defer(() => work(task)),
    );
  // One picture after the other. A training goes on beside them.
  pictures.pipe(concatMap(answered)).subscribe();
  trainings.pipe(mergeMap(answered)).subscribe();
  // A stream without frames keeps the weights loaded. It subscribes to its source when they are.
  const none = new Observable<Arrival<Pixels>>(() => tell({ type: 'ready' }));
  frameSource(none, { source: 'none' }).pipe(infer(features)).subscribe({ error: broken });
}

/** Sends the results of a task to the page, until it is cancelled. It never fails: the page is told. */
function answer(id: number, results: Observable<Result>): Observable<never> {
  return new Observable((subscriber) => {
    const running = results.pipe(
      tap((result) => tell({ ...result, id })),
      takeUntil(cancelled.pipe(filter((one) => one === id))),
    );
    return running.subscribe({
      error: (thrown: unknown) => {
        tell({ type: 'failed', id, failure: failureOf(thrown) });
        subscriber.complete();
      },
      complete: () => {
        tell({ type: 'done', id });
        subscriber.complete();
      },
    });
  });
}

function tell(message: FromWorker): void {
  const moved = message.type === 'example' ? [message.example.vector.buffer, message.example.thumbnail.buffer] : [];
  port.postMessage(message, message.type === 'trained' ? [message.file.buffer] : moved);
}
