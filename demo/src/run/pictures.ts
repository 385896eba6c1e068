import type { FrameResult, Pixels } from 'sluice';

type Key = Pick<FrameResult<object>, 'source' | 'seq'>;

/** The pictures of frames without a result yet: few, because the gate limits the frames in flight. */
export class Pictures {
  #waiting: { readonly key: Key; readonly picture: Pixels }[] = [];

  keep(key: Key, picture: Pixels): void {
    this.#waiting.push({ key, picture });
  }

  /** The picture of a result, which is forgotten, as are those before it. */
  take({ source, seq }: Key): Pixels | undefined {
    const at = this.#waiting.findIndex(({ key }) => key.source === source && key.seq === seq);
    // Results keep the frames' order: the frames before this one have failed.
    return this.#waiting.splice(0, at + 1).at(-1)?.picture;
  }
}
