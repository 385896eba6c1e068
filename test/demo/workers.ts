import type { Page } from 'playwright';

/** Runs in a page before its scripts: keeps its workers, so that {@link failWorker} reaches them. */
export function watchWorkers(): void {
  const workers: { readonly url: string; readonly worker: Worker }[] = [];
  const { Worker: Own } = globalThis;
  globalThis.Worker = class extends Own {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      workers.push({ url: String(given[0]), worker: this });
    }
  };
  const failWorker = (name: string) => {
    const failure = new ErrorEvent('error', { message: 'out of memory', cancelable: true });
    workers.findLast(({ url }) => url.includes(name))?.worker.dispatchEvent(failure);
  };
  Object.assign(globalThis, { failWorker });
}

/** The latest worker of the page with this name fails: it is out of memory. */
export const failWorker = (page: Page, name: string) =>
  page.evaluate((one) => {
    (globalThis as unknown as { failWorker: (name: string) => void }).failWorker(one);
  }, name);
