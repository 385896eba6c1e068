import { useEffect, useRef, useState } from 'preact/hooks';
import type { Observable } from 'rxjs';
import type { Pixels } from 'sluice';
import type { News } from '../run/news.ts';
import type { Lesson } from './lesson.ts';
import type { Teacher } from './teacher.ts';

/** The least time between two examples, in ms: five a second. */
const EVERY = 200;

/** So many pictures are with the worker at once. Those that come meanwhile are left out. */
const AT_ONCE = 2;

interface Options {
  readonly news: Observable<News>;
  readonly running: boolean;
  readonly source: unknown;
  readonly lesson: Lesson;
  readonly teacher: Teacher;
  /** There was nothing to collect, or no room for it. */
  readonly onNotice: (text: string) => void;
  readonly onProblem: (thrown: unknown) => void;
  /** Collecting has ended, and all its examples have come. */
  readonly onEnd: (id: number) => void;
}

/** Collects examples from what the page shows, for one class at a time. It ends when the source changes or stops. */
export function useCollecting({ news, running, source, lesson, teacher, onNotice, onProblem, onEnd }: Options) {
  const [collecting, setCollecting] = useState<number>();
  const state = useRef({
    id: undefined as number | undefined,
    picture: undefined as Pixels | undefined,
    last: -Infinity,
    taken: 0,
    away: 0,
  });
  const stop = () => {
    const { current: now } = state;
    const { id } = now;
    if (id === undefined) return;
    now.id = undefined;
    setCollecting(undefined);
    if (now.taken === 0 && now.away === 0) onNotice('There was no picture to take. Wait until the page shows one.');
    else if (now.away === 0) onEnd(id);
  };
  const take = () => {
    const { current: now } = state;
    const { id, picture } = now;
    if (id === undefined || !picture || performance.now() - now.last < EVERY || now.away >= AT_ONCE) return;
    if (lesson.room - now.away <= 0) {
      now.taken++;
      stop();
      onNotice(`There is no room for more than ${lesson.count} examples. Remove some to add others.`);
      return;
    }
    now.last = performance.now();
    now.taken++;
    now.away++;
    teacher.example(picture).subscribe({
      next: (example) => lesson.add(id, example),
      error: (thrown: unknown) => {
        now.away--;
        stop();
        onProblem(thrown);
      },
      complete: () => {
        now.away--;
        if (now.id === undefined && now.away === 0) onEnd(id);
      },
    });
  };
  const latest = useRef({ stop, take });
  latest.current = { stop, take };

  useEffect(() => {
    const subscription = news.subscribe((one) => {
      if (one.type === 'begin' || one.type === 'blank') state.current.picture = undefined;
      if (one.type !== 'frame') return;
      state.current.picture = one.picture;
      latest.current.take();
    });
    return () => subscription.unsubscribe();
  }, [news]);
  useEffect(() => () => latest.current.stop(), [running, source]);
  useEffect(() => {
    const leave = () => latest.current.stop();
    document.addEventListener('visibilitychange', leave);
    return () => document.removeEventListener('visibilitychange', leave);
  }, []);

  const start = (id: number) => {
    const { current: now } = state;
    if (now.id !== undefined) stop();
    if (!running) {
      onNotice('Nothing is shown that could be collected. Choose the camera, the clip, a drawing or a file first.');
      return;
    }
    Object.assign(now, { id, last: -Infinity, taken: 0 });
    setCollecting(id);
    take();
  };
  return { collecting, start, stop };
}
