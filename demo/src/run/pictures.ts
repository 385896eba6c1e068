import type { Classification, FrameResult, Pixels } from 'sluice';

type Key = Pick<FrameResult<Classification>, 'source' | 'seq'>;

/** The pictures whose results are not out yet: few, as the gate lets in no more than its leases. */
export class Pictures {
  #waiting: { readonly key: Key; readonly picture: Pixels }[] = [];

  keep(key: Key, picture: Pixels): void {
    this.#waiting.push({ key, picture });
  }

  take({ source, seq }: Key): Pixels | undefined {
    const at = this.#waiting.findIndex(({ key }) => key.source === source && key.seq === seq);
    // Results keep the frames' order: those before it have failed.
    return this.#waiting.splice(0, at + 1).at(-1)?.picture;
  }
}
