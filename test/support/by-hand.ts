import { Subject, type Observable, type Subscription } from 'rxjs';
import {
  frameSource,
  type FrameSourceChanges,
  type FrameSourceOptions,
  type Arrival,
  type Frame,
  type GateEvent,
  type Source,
} from 'sluice';
import { idle } from './balance.ts';

/** Plain data whose freeing can be seen. */
export interface Picture {
  readonly k: number;
  readonly byteLength: number;
  close(): void;
}

/** Makes pictures, and notes in which order they are freed. */
export class Album {
  readonly freed: number[] = [];

  picture(k: number, byteLength = 100): Picture {
    return { k, byteLength, close: () => void this.freed.push(k) };
  }

  arrival(k: number): Arrival<Picture> {
    return { data: this.picture(k), timestamp: k };
  }
}

/** Keeps every frame of a stream, so that the test decides when each is let go. */
export class Held<T> {
  readonly frames: Frame<T>[] = [];
  readonly end: { completed?: true; error?: unknown } = {};
  readonly subscription: Subscription;

  constructor(stream: Observable<Frame<T>>) {
    this.subscription = stream.subscribe({
      next: (frame) => void this.frames.push(frame.retain()),
      error: (error: unknown) => (this.end.error = error),
      complete: () => (this.end.completed = true),
    });
  }

  get seqs(): number[] {
    return this.frames.map(({ label }) => label.seq);
  }

  /** Lets go of the oldest frames that are still held. */
  async letGo(count = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.frames.find(({ live }) => live)?.release();
      await idle();
    }
  }
}

/** A camera that the test plays, its gate, which can be changed, and a consumer that keeps what it gets. */
export class Camera {
  readonly album = new Album();
  readonly shots = new Subject<Arrival<Picture>>();
  readonly changes = new Subject<FrameSourceChanges>();
  readonly events: GateEvent[] = [];
  readonly source: Source<Picture>;
  readonly held: Held<Picture>;

  private constructor(options: Partial<FrameSourceOptions>) {
    this.source = frameSource(this.shots, { source: 'camera', changes: this.changes, ...options });
    this.source.events.subscribe((event) => this.events.push(event));
    this.held = new Held(this.source);
  }

  static async opened(options: Partial<FrameSourceOptions> = {}): Promise<Camera> {
    const camera = new Camera(options);
    await idle();
    return camera;
  }

  shoot(...ks: number[]): void {
    for (const k of ks) this.shots.next(this.album.arrival(k));
  }

  /** What was dropped so far, in that order: `3 full`. */
  get drops(): string[] {
    return dropsOf(this.events);
  }
}

export function dropsOf(events: readonly GateEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'dropped' ? [`${event.label.seq} ${event.cause}`] : []));
}
