import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Progress } from './fetch-all.ts';
import type { AnyModel, Bundled } from './bundled.ts';
import { MODELS } from './models.ts';
import { ASSUMED, type OwnModel, type RangeName } from './own-model.ts';
import { plainWords } from './plain-words.ts';
import { taskNamed, textOf, type TaskName } from './tasks.ts';

/** The model in use, and the model that is being loaded. */
export interface Loaded {
  readonly model: AnyModel | undefined;
  /** The entry of a model that comes with the page; undefined for the user's own model. */
  readonly bundled: Bundled | undefined;
  /** The user's own model, if it is in use. */
  readonly own: OwnModel | undefined;
  readonly loading: { readonly title: string; readonly progress: Progress | undefined } | undefined;
}

const NONE: Loaded = { model: undefined, bundled: undefined, own: undefined, loading: undefined };

type Found = Omit<Loaded, 'loading'>;
type Begin = (told: (progress: Progress) => void, signal: AbortSignal) => Promise<Found>;

/**
 * Loads models. When a second one is chosen while the first is loading, the first is given up. When one can't be loaded, the
 * one before it stays; `retry` loads what failed again.
 */
export function useModel(
  first: string,
  onProblem: (thrown: unknown, retry: () => void) => void,
  onNotice: (text: string) => void,
) {
  const [loaded, setLoaded] = useState<Loaded>({ ...NONE, loading: { title: '', progress: undefined } });
  const latest = useRef(new AbortController());
  const retry = useRef(() => undefined as void);

  const load = (title: string, begin: Begin) => {
    latest.current.abort();
    const { signal } = (latest.current = new AbortController());
    const ifLatest = (set: () => void) => {
      if (!signal.aborted) set();
    };
    const told = (progress: Progress | undefined) =>
      ifLatest(() => setLoaded((now) => ({ ...now, loading: { title, progress } })));
    told(undefined);
    retry.current = () => load(title, begin);
    begin(told, signal).then(
      (found) => ifLatest(() => setLoaded({ ...found, loading: undefined })),
      (thrown: unknown) =>
        ifLatest(() => {
          setLoaded((now) => ({ ...now, loading: undefined }));
          onProblem(thrown, retry.current);
        }),
    );
  };
  const take = useCallback((name: string) => {
    const bundled = MODELS.find((one) => one.name === name);
    if (!bundled) return;
    load(bundled.title, async (told, signal) => ({ ...NONE, model: await bundled.load(told, signal), bundled }));
  }, []);
  const takeFiles = useCallback((files: readonly File[], wanted: TaskName, chosen?: RangeName) => {
    load('your model', async () => {
      const { importDropped } = await import('./import-dropped.ts');
      let range = chosen;
      const model = await importDropped(files, wanted, chosen, (warning, code) => {
        if (code === 'pixel-range') range = ASSUMED;
        else onNotice(plainWords(warning));
      });
      const task = taskNamed(model.task.kind);
      const read = `The model gives no classes. The page reads it for the task “${textOf(task)}”.`;
      const assumed = `The model does not say which pixel values it takes: ${range} is assumed. The settings can change it.`;
      const notes = [...(task === wanted ? [] : [read]), ...(range === chosen ? [] : [assumed])];
      if (notes.length > 0) onNotice(notes.join(' '));
      return { ...NONE, model, own: { files, task, range } };
    });
  }, []);
  useEffect(() => take(first), []);
  return [loaded, { take, takeFiles, retry: () => retry.current() }] as const;
}
