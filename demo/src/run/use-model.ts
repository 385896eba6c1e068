import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Progress } from './fetch-all.ts';
import { MODELS, type AnyModel, type Bundled } from './models.ts';

/** The model in use, and the model that is being loaded. */
export interface Loaded {
  readonly model: AnyModel | undefined;
  /** The entry of a model that comes with the page; undefined for the user's own model. */
  readonly bundled: Bundled | undefined;
  readonly loading: { readonly title: string; readonly progress: Progress | undefined } | undefined;
}

/** Loads models. When a second one is chosen while the first is loading, the first is ignored. */
export function useModel(first: string, onProblem: (thrown: unknown) => void, onNotice: (text: string) => void) {
  const [loaded, setLoaded] = useState<Loaded>({ model: undefined, bundled: undefined, loading: undefined });
  const latest = useRef(0);

  const load = (
    title: string,
    bundled: Bundled | undefined,
    begin: (told: (progress: Progress) => void) => Promise<AnyModel>,
  ) => {
    const mine = ++latest.current;
    const ifLatest = (set: () => void) => {
      if (mine === latest.current) set();
    };
    const told = (progress: Progress | undefined) =>
      ifLatest(() => setLoaded((now) => ({ ...now, loading: { title, progress } })));
    told(undefined);
    begin(told).then(
      (model) => ifLatest(() => setLoaded({ model, bundled, loading: undefined })),
      (thrown: unknown) =>
        ifLatest(() => {
          setLoaded((now) => ({ ...now, loading: undefined }));
          onProblem(thrown);
        }),
    );
  };
  const take = useCallback((name: string) => {
    const bundled = MODELS.find((one) => one.name === name);
    if (bundled) load(bundled.title, bundled, bundled.load);
  }, []);
  const takeFiles = useCallback((files: readonly File[]) => {
    load('your model', undefined, async () => (await import('./import-dropped.ts')).importDropped(files, onNotice));
  }, []);
  useEffect(() => take(first), []);
  return [loaded, { take, takeFiles }] as const;
}
