import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';

interface OnProblem {
  readonly onProblem: (thrown: unknown) => void;
}

/** A card whose code is loaded when it is opened for the first time. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>) {
  return function Later({ onProblem, ...props }: P & OnProblem) {
    const [Card, setCard] = useState<ComponentType<P>>();
    useEffect(() => {
      // Also for a stylesheet that did not come, which Vite loads around the `import`.
      load().then((loaded) => setCard(() => loaded), onProblem);
    }, []);
    return Card ? <Card {...(props as unknown as P)} /> : <p class="card">Loading …</p>;
  };
}
