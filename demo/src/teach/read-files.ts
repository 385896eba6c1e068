import { fromEvent, lastValueFrom, takeUntil, takeWhile, tap } from 'rxjs';
import { WorkerError } from 'sluice';
import { problemOf } from '../run/problem-of.ts';
import { examplesText } from './examples-text.ts';
import type { Lesson } from './lesson.ts';
import type { Teacher } from './teacher.ts';

interface Reading {
  readonly lesson: Lesson;
  readonly teacher: Teacher;
  readonly signal: AbortSignal;
}

/** What came of files. */
export interface Read {
  readonly added: number;
  /** The files that can't be read, each with the reason. */
  readonly wrong: readonly string[];
  /** There was no room for all. */
  readonly isFull: boolean;
}

/**
 * Adds the pictures of files to a class, one file after the other, until the signal. What can't be read is left out. Throws when the
 * worker fails.
 */
export async function readFiles(
  { lesson, teacher, signal }: Reading,
  id: number,
  files: readonly File[],
): Promise<Read> {
  let added = 0;
  const wrong: string[] = [];
  for (const file of files) {
    if (signal.aborted || !lesson.has(id)) break;
    if (lesson.room <= 0) return { added, wrong, isFull: true };
    // What the worker itself can't do is no fault of the file.
    await teacher.start();
    const examples = teacher.examplesOf(file, lesson.room).pipe(
      takeUntil(fromEvent(signal, 'abort')),
      // Its class may be removed meanwhile.
      takeWhile(() => lesson.has(id)),
      tap((example) => void (added += lesson.add(id, example) ? 1 : 0)),
    );
    try {
      await lastValueFrom(examples, { defaultValue: undefined });
    } catch (thrown) {
      if (thrown instanceof WorkerError) throw thrown;
      const { text } = problemOf(thrown);
      wrong.push(text.includes(file.name) ? text : `${file.name}: ${text}`);
    }
  }
  return { added, wrong, isFull: false };
}

/** Says what came of files. */
export function describeRead({ added, wrong, isFull }: Read, name: string): string {
  const full = isFull ? ' There is no room for more: remove some to add others.' : '';
  const left =
    wrong.length === 0
      ? ''
      : ` ${wrong.length} ${wrong.length === 1 ? 'file is' : 'files are'} left out. ${wrong.slice(0, 3).join(' ')}`;
  return `${examplesText(added)} added to “${name}”.${full}${left}`;
}
