import { useEffect, useMemo, useRef } from 'preact/hooks';
import { BehaviorSubject, Subject } from 'rxjs';
import { admissionOf, type Choice, type GateChoice } from './choice.ts';
import { live } from './live.ts';
import type { AnyModel } from './bundled.ts';
import type { Line } from '../line/line.ts';
import type { News } from './news.ts';
import type { View } from './tap-all.ts';

interface Options {
  readonly running: boolean;
  readonly model: AnyModel | undefined;
  readonly choice: Choice;
  readonly gate: GateChoice;
  readonly view: View;
  /** The line whose crossings are counted. */
  readonly line: Line | undefined;
  readonly onEnd: (problem?: { readonly thrown: unknown }) => void;
}

/**
 * Runs the chosen model on the chosen source and returns the news. A change of `model` or `choice` starts a new run; a
 * change of `gate`, `view` or `line` applies to the current one.
 */
export function useRun({ running, model, choice, gate, view, line, onEnd }: Options): Subject<News> {
  const news = useMemo(() => new Subject<News>(), []);
  const changes = useMemo(() => new BehaviorSubject(admissionOf(gate)), []);
  const views = useMemo(() => new BehaviorSubject(view), []);
  const lines = useMemo(() => new BehaviorSubject(line), []);
  const slower = useRef(0);
  slower.current = gate.slower;

  useEffect(() => changes.next(admissionOf(gate)), [gate]);
  useEffect(() => views.next(view), [view]);
  useEffect(() => lines.next(line), [line]);
  useEffect(() => {
    if (!running) return undefined;
    news.next({ type: 'begin' });
    if (!model) return undefined;
    const subscription = live(choice, model, {
      changes,
      view: views,
      line: lines,
      slower: () => slower.current,
    }).subscribe({
      next: (one) => news.next(one),
      error: (thrown: unknown) => onEnd({ thrown }),
      complete: () => onEnd(),
    });
    return () => subscription.unsubscribe();
  }, [running, model, choice]);
  return news;
}
