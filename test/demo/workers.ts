import type { Page } from 'playwright';

/** Runs in a page before its scripts: keeps its workers, so that {@link failWorker} reaches them. */
export function watchWorkers(): void {
  const workers: Worker[] = [];
  const { Worker: Own } = globalThis;
  globalThis.Worker = class extends Own {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      workers.push(this);
    }
  };
  const failWorker = () =>
    workers.at(-1)?.dispatchEvent(new ErrorEvent('error', { message: 'out of memory', cancelable: true }));
  Object.assign(globalThis, { failWorker });
}

/** The latest worker of the page fails: it is out of memory. */
export const failWorker = (page: Page) =>
  page.evaluate(() => {
    (globalThis as unknown as { failWorker: () => void }).failWorker();
  });
