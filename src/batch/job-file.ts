import type { OpenMedia } from '../sources/ffmpeg/media.ts';
import { partName, type FilePart } from './file-part.ts';
import type { Input } from './inputs.ts';
import { extraDecoderBytes } from './memory.ts';

/** One input file of a running job: its parts, and which of them are labelled. */
export class JobFile {
  /** The index among the inputs. */
  readonly index: number;
  readonly input: Input;
  /** What ffprobe said of the file. Undefined if it was not asked. */
  media: OpenMedia | undefined;
  /** Why the file could not be labelled. Undefined if it did not fail. */
  failure: string | undefined;
  /** What the decoder of a large picture takes, in bytes. Undefined for a smaller one, and while it is not known. */
  pictureBytes: number | undefined;
  #parts: readonly FilePart[] | undefined;
  readonly #labelled = new Set<string>();

  constructor(index: number, input: Input) {
    this.index = index;
    this.input = input;
  }

  /** What the decoder takes beyond the worker's memory, in bytes. */
  get decoderBytes(): number {
    return this.media ? extraDecoderBytes(this.media.info) : (this.pictureBytes ?? 0);
  }

  /** Whether all parts are labelled. */
  get isComplete(): boolean {
    return this.#parts?.every((part) => this.#labelled.has(partName(part))) === true;
  }

  /** Sets the parts of the current plan. */
  plan(parts: readonly FilePart[]): void {
    this.#parts = parts;
  }

  /** Drops the plan, with the parts that are labelled. */
  dropPlan(): void {
    this.#parts = undefined;
    this.#labelled.clear();
  }

  /** Whether a part belongs to the current plan. */
  has(part: FilePart): boolean {
    return this.#parts?.includes(part) === true;
  }

  markLabelled(part: FilePart): void {
    this.#labelled.add(partName(part));
  }

  /**
   * Returns part `i`, or the whole file if it is one part, once that is labelled. The `part` is undefined after the last
   * part and if the file failed. Returns undefined while the part is not labelled.
   */
  labelledPart(i: number): { readonly part: FilePart | undefined } | undefined {
    if (this.failure !== undefined) return { part: undefined };
    const [first] = this.#parts ?? [];
    if (!first) return undefined;
    const part = first.expected ? this.#parts?.[i] : first;
    return !part || this.#labelled.has(partName(part)) ? { part } : undefined;
  }
}
