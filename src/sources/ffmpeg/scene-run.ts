import { CutFinder } from './cut-finder.ts';
import type { FrameRun, TimedBytes } from './frame-run.ts';
import { SCENE_THRESHOLD, type SamplingOptions } from './sampling.ts';
import { ShotFrames } from './shot-frames.ts';

/** A run of ffmpeg, or what it gives of it. */
export type Run = Pick<FrameRun, 'next' | 'stop' | 'times' | 'errors' | 'end'>;

/** Of the pictures of a run, those that are chosen of each shot. The first one of a shot comes when the shot is known to last. */
export class SceneRun implements Run {
  readonly #run: Run;
  readonly #perShot: number;
  readonly #to: number;
  readonly #cuts: CutFinder;
  readonly #chosen: TimedBytes[] = [];
  #shot: ShotFrames<TimedBytes> | undefined;
  /** What may be the next shot, which the current one includes until that is known. */
  #next: ShotFrames<TimedBytes> | undefined;
  #scene = -1;
  #isOver = false;

  /** `run`: one with small pictures. `to`: the time (µs) from which no frames are needed. */
  constructor(
    run: Run,
    { sceneThreshold = SCENE_THRESHOLD, framesPerScene = 1 }: SamplingOptions,
    to: number = Infinity,
  ) {
    this.#run = run;
    this.#perShot = framesPerScene;
    this.#to = to;
    this.#cuts = new CutFinder(sceneThreshold);
  }

  get times(): Run['times'] {
    return this.#run.times;
  }

  get errors(): Run['errors'] {
    return this.#run.errors;
  }

  get end(): Run['end'] {
    return this.#run.end;
  }

  stop(): Promise<void> {
    return this.#run.stop();
  }

  async next(): Promise<TimedBytes | undefined> {
    while (this.#chosen.length === 0 && !this.#isOver) {
      const frame = await this.#run.next();
      if (frame !== undefined && frame.timestamp < this.#to) this.#take(frame);
      else this.#finish(frame);
    }
    return this.#chosen.shift();
  }

  #take(frame: TimedBytes): void {
    const cut = this.#cuts.push(frame.small ?? frame.data, frame.timestamp);
    if (cut.isConfirmed) this.#beginNext();
    if (!this.#shot) {
      this.#begin(new ShotFrames(frame, this.#perShot));
      return;
    }
    if (cut.frame === 'flash') this.#next = undefined;
    if (cut.frame === 'begins') this.#next = new ShotFrames(frame, this.#perShot);
    else this.#next?.take(frame);
    this.#shot.take(frame);
  }

  #beginNext(): void {
    const next = this.#next;
    if (!this.#shot || !next) return;
    this.#choose(this.#shot.rest(this.#shot.length - next.length));
    this.#begin(next);
    this.#next = undefined;
  }

  #begin(shot: ShotFrames<TimedBytes>): void {
    this.#shot = shot;
    this.#scene++;
    this.#choose([shot.first]);
  }

  #choose(frames: readonly TimedBytes[]): void {
    for (const { data, timestamp } of frames) this.#chosen.push({ data, timestamp, scene: this.#scene });
  }

  /** The last shot may be shorter. `frame`: one that is not needed, which tells that these are all. */
  #finish(frame: TimedBytes | undefined): void {
    this.#beginNext();
    if (this.#shot) this.#choose(this.#shot.rest(this.#shot.length));
    if (frame) this.#chosen.push(frame);
    this.#isOver = true;
  }
}
