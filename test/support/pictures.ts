import type { Observable } from 'rxjs';
import type { FrameSourceOptions, Arrival, Frame } from 'sluice';
import { beforeEach } from 'vitest';
import { idle } from './balance.ts';

export const options: FrameSourceOptions = { source: 'test' };

/** Frames of plain data, whose freeing can be seen. */
export const closed: number[] = [];

/** Forgets, before each test of the file, what the tests before have freed. */
export function forgetClosed(): void {
  beforeEach(() => {
    closed.length = 0;
  });
}

export interface Picture {
  readonly k: number;
  close(): void;
}

export function picture(k: number): Picture {
  return { k, close: () => void closed.push(k) };
}

export function pictures(count: number): Arrival<Picture>[] {
  return Array.from({ length: count }, (_, k) => ({ data: picture(k), timestamp: k }));
}

/** An async iterator that notes what is asked of it, and answers when it is told to. */
export class Desk implements AsyncIterableIterator<Arrival<Picture>> {
  asked = 0;
  returned = 0;
  readonly #waiting: ((result: IteratorResult<Arrival<Picture>>) => void)[] = [];
  readonly #refusing: ((reason: unknown) => void)[] = [];

  next(): Promise<IteratorResult<Arrival<Picture>>> {
    this.asked++;
    return new Promise((resolve, reject) => {
      this.#waiting.push(resolve);
      this.#refusing.push(reject);
    });
  }

  return(): Promise<IteratorResult<Arrival<Picture>>> {
    this.returned++;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async answer(value?: Arrival<Picture>): Promise<void> {
    this.#refusing.shift();
    this.#waiting.shift()?.(value ? { done: false, value } : { done: true, value: undefined });
    await idle();
  }

  async refuse(reason: unknown): Promise<void> {
    this.#waiting.shift();
    this.#refusing.shift()?.(reason);
    await idle();
  }
}

/** Keeps every frame, so that the test decides when a lease ends. */
export function keep<T>(stream: Observable<Frame<T>>) {
  const kept: Frame<T>[] = [];
  const end: { completed?: true; error?: unknown } = {};
  const subscription = stream.subscribe({
    next: (frame) => void kept.push(frame.retain()),
    error: (error: unknown) => (end.error = error),
    complete: () => (end.completed = true),
  });
  return { kept, end, subscription, seqs: () => kept.map(({ label }) => label.seq) };
}
