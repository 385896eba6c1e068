import { describe, expect, it } from 'vitest';
import type { JobFile } from '../../src/batch/job-file.ts';
import { PartQueue, type QueuedPart } from '../../src/batch/part-queue.ts';

/** A part of so many frames; undefined: of a file without an index. */
function part(number: number, frames: number | undefined, decoderBytes = 0): QueuedPart {
  const expected = frames === undefined ? {} : { expected: { frames, digest: '' } };
  return {
    file: { decoderBytes } as JobFile,
    part: { file: 0, part: number, source: 'clip.mp4', firstSeq: 0, ...expected },
  };
}

/** The numbers of the parts in the order in which workers get them, if all take as long as they have frames. */
function order(queue: PartQueue, workers: number): { readonly parts: number[]; readonly end: number } {
  const running: { queued: QueuedPart; end: number }[] = [];
  const parts: number[] = [];
  let now = 0;
  for (;;) {
    for (let next = queue.take(); next; next = queue.take()) {
      parts.push(next.part.part);
      running.push({ queued: next, end: now + (next.part.expected?.frames ?? 1) });
    }
    expect(running.length).toBeLessThanOrEqual(workers);
    running.sort((a, b) => a.end - b.end);
    const first = running.shift();
    if (!first) return { parts, end: now };
    now = first.end;
    queue.release(first.queued);
  }
}

function queueOf(workers: number, frames: readonly (number | undefined)[], decoderBytes = Infinity): PartQueue {
  const queue = new PartQueue(workers, decoderBytes);
  frames.forEach((count, i) => queue.add(part(i, count)));
  return queue;
}

describe('the parts of a job', () => {
  it('go in order while more files may come', () => {
    expect(order(queueOf(2, [16, 234, 280, 310]), 2).parts).toEqual([0, 1, 2, 3]);
  });

  it('go longest first at the end, but for the first one, so that workers end together', () => {
    const queue = queueOf(2, [16, 234, 280, 280, 310]);
    queue.complete();
    // In order it would end at 606; half of all frames is 560.
    expect(order(queue, 2)).toEqual({ parts: [0, 4, 2, 3, 1], end: 576 });
  });

  it('go in order until two are left for each worker', () => {
    const queue = queueOf(2, [1, 2, 3, 4, 5, 6, 7, 8]);
    queue.complete();
    expect(order(queue, 2).parts).toEqual([0, 1, 2, 3, 7, 6, 5, 4]);
  });

  it('go in order to a single worker, which they keep busy anyhow', () => {
    const queue = queueOf(1, [16, 234, 280]);
    queue.complete();
    expect(order(queue, 1).parts).toEqual([0, 1, 2]);
  });

  it('of unknown length go before others at the end', () => {
    const queue = queueOf(2, [16, 234, undefined, 280]);
    queue.complete();
    expect(order(queue, 2).parts).toEqual([0, 2, 3, 1]);
  });

  it('that are as long as each other stay in order', () => {
    const queue = queueOf(3, [5, 5, 5, 5, 5]);
    queue.complete();
    expect(order(queue, 3).parts).toEqual([0, 1, 2, 3, 4]);
  });

  it('do not overtake the longest one that waits for memory', () => {
    const queue = new PartQueue(2, 100);
    queue.add(part(0, 10, 80));
    queue.add(part(1, 300, 90));
    queue.add(part(2, 20, 10));
    queue.complete();
    expect(queue.take()?.part.part).toBe(0);
    expect(queue.take()).toBeUndefined();
  });

  it('are none in an empty queue', () => {
    const queue = queueOf(2, []);
    queue.complete();
    expect(queue.take()).toBeUndefined();
    expect(queue.isIdle).toBe(true);
  });
});
