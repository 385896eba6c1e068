import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Model } from 'sluice';
import type { Progress } from './fetch-all.ts';
import { NETWORKS, type Bundled } from './networks.ts';

/** The network in use, and what is on its way. */
export interface Loaded {
  readonly network: Model | undefined;
  /** Which of the page's own it is; undefined: one that the person brought. */
  readonly bundled: Bundled | undefined;
  readonly loading: { readonly title: string; readonly progress: Progress | undefined } | undefined;
}

/** Loads networks, one at a time: the one that was asked for last. */
export function useNetwork(first: string, onProblem: (thrown: unknown) => void, onNotice: (text: string) => void) {
  const [loaded, setLoaded] = useState<Loaded>({ network: undefined, bundled: undefined, loading: undefined });
  const asked = useRef(0);

  const load = (
    title: string,
    bundled: Bundled | undefined,
    begin: (told: (progress: Progress) => void) => Promise<Model>,
  ) => {
    const mine = ++asked.current;
    const ifStillAsked = (set: () => void) => {
      if (mine === asked.current) set();
    };
    const told = (progress: Progress | undefined) =>
      ifStillAsked(() => setLoaded((now) => ({ ...now, loading: { title, progress } })));
    told(undefined);
    begin(told).then(
      (network) => ifStillAsked(() => setLoaded({ network, bundled, loading: undefined })),
      (thrown: unknown) =>
        ifStillAsked(() => {
          setLoaded((now) => ({ ...now, loading: undefined }));
          onProblem(thrown);
        }),
    );
  };
  const take = useCallback((name: string) => {
    const bundled = NETWORKS.find((one) => one.name === name);
    if (bundled) load(bundled.title, bundled, bundled.load);
  }, []);
  const takeFiles = useCallback((files: readonly File[]) => {
    load('your model', undefined, async () => (await import('./import-dropped.ts')).importDropped(files, onNotice));
  }, []);
  useEffect(() => take(first), []);
  return [loaded, { take, takeFiles }] as const;
}
