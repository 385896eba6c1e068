import { filter, map, Observable, takeWhile, tap } from 'rxjs';
import type { Pixels } from 'sluice';
import { errorOf } from '../run/failure.ts';
import type { Example, FromWorker, Result, Task, TrainingSet } from './messages.ts';
import { WorkerLine } from './worker-line.ts';

/** The page's side of the worker that learns. The worker starts with the first task, and anew after it died. */
export class Teacher {
  #line: WorkerLine | undefined;
  #id = 0;

  /** Starts the worker. Rejects with the reason if it does not start. */
  async start(): Promise<void> {
    await this.#open().ready;
  }

  /** The features of a picture, which is copied. */
  example({ width, height, channels, data }: Pixels): Observable<Example> {
    const picture = { width, height, channels, data: new Uint8ClampedArray(data) };
    return this.#examples({ type: 'picture', picture }, [picture.data.buffer]);
  }

  /** The features of a picture in a file, or of one frame a second of a clip, at most `most`. */
  examplesOf(file: File, most: number): Observable<Example> {
    return this.#examples({ type: 'file', file, most }, []);
  }

  /** Trains a model. Unsubscribing ends the training. */
  train(set: TrainingSet): Observable<Result> {
    return this.#do({ type: 'train', ...set }, [set.vectors.buffer]);
  }

  /** Ends the worker and what it does. */
  close(): void {
    this.#line?.close();
    this.#line = undefined;
  }

  #open(): WorkerLine {
    if (!this.#line || this.#line.isDead) this.#line = new WorkerLine();
    return this.#line;
  }

  #examples(task: Task, moved: Transferable[]): Observable<Example> {
    return this.#do(task, moved).pipe(
      filter((result) => result.type === 'example'),
      map(({ example }) => example),
    );
  }

  #do(task: Task, moved: Transferable[]): Observable<Result> {
    return new Observable((subscriber) => {
      const id = ++this.#id;
      const line = this.#open();
      const results = line.answers.pipe(
        filter((answer): answer is Extract<FromWorker, { id: number }> => 'id' in answer && answer.id === id),
        tap((answer) => {
          if (answer.type === 'failed') throw errorOf(answer.failure);
        }),
        takeWhile((answer): answer is Extract<FromWorker, { id: number }> & Result => isResult(answer)),
      );
      results.subscribe(subscriber);
      line.ready.then(
        () => {
          if (!subscriber.closed) line.post({ ...task, id }, moved);
        },
        // The answers end with the same error.
        () => undefined,
      );
      return () => line.post({ type: 'cancel', id }, []);
    });
  }
}

function isResult({ type }: FromWorker): boolean {
  return type === 'example' || type === 'epoch' || type === 'trained';
}
