import { useEffect, useMemo, useRef } from 'preact/hooks';
import { BehaviorSubject, Subject } from 'rxjs';
import type { Model } from 'sluice';
import { admissionOf, type Choice, type GateChoice } from './choice.ts';
import { live } from './live.ts';
import type { News } from './news.ts';
import type { View } from './tap-all.ts';

interface Options {
  readonly running: boolean;
  readonly network: Model | undefined;
  readonly choice: Choice;
  readonly gate: GateChoice;
  readonly view: View;
  readonly onEnd: (problem?: { readonly thrown: unknown }) => void;
}

/** Runs what was chosen, anew when that changes; what is moved goes to the run as it is. Gives its news. */
export function useRun({ running, network, choice, gate, view, onEnd }: Options): Subject<News> {
  const news = useMemo(() => new Subject<News>(), []);
  const changes = useMemo(() => new BehaviorSubject(admissionOf(gate)), []);
  const views = useMemo(() => new BehaviorSubject(view), []);
  const slower = useRef(0);
  slower.current = gate.slower;

  useEffect(() => changes.next(admissionOf(gate)), [gate]);
  useEffect(() => views.next(view), [view]);
  useEffect(() => {
    if (!running || !network) return undefined;
    news.next({ type: 'begin' });
    const subscription = live(choice, network, { changes, view: views, slower: () => slower.current }).subscribe({
      next: (one) => news.next(one),
      error: (thrown: unknown) => onEnd({ thrown }),
      complete: () => onEnd(),
    });
    return () => subscription.unsubscribe();
  }, [running, network, choice]);
  return news;
}
