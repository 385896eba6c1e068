import type { FrameLabel } from '../../errors/frame-label.ts';

/** What happened to a label. */
export interface LabelEvent extends Pick<FrameLabel, 'source' | 'seq' | 'timestamp'> {
  /** `appeared`: it has been there for long enough. `stays`: it still is. `left`: it has been away for long enough. */
  readonly kind: 'appeared' | 'stays' | 'left';
  readonly label: string;
  /** When it was first there, in microseconds. `timestamp` is the time of the frame that led to the event. */
  readonly since: number;
  /** How long it has been there, from `since` to the last frame with it, in milliseconds. */
  readonly durationMs: number;
  /** Its highest score in this time. */
  readonly peakScore: number;
}

/** In microseconds, but for the score. */
export interface LabelTimes {
  readonly least: number;
  readonly gone: number;
  readonly every: number;
  readonly minScore: number;
}

/** A label that is there, and when an event last told of it. */
interface Presence {
  readonly since: number;
  readonly seenAt: number;
  readonly peakScore: number;
  readonly toldAt: number | undefined;
}

type Kind = LabelEvent['kind'];

/** Watches the labels of one source. */
export class LabelWatch {
  readonly #labels: readonly string[];
  readonly #times: LabelTimes;
  readonly #present = new Map<string, Presence>();
  #last: FrameLabel | undefined;

  constructor(labels: readonly string[], times: LabelTimes) {
    this.#labels = labels;
    this.#times = times;
  }

  /** The events of a frame, whose labels have these scores. */
  next(frame: FrameLabel, scores: ReadonlyMap<string, number>): LabelEvent[] {
    this.#last = frame;
    return this.#labels.flatMap((label) => {
      const score = scores.get(label) ?? -Infinity;
      return score >= this.#times.minScore ? this.#shown(label, score, frame) : this.#missing(label, frame);
    });
  }

  /** The events of the end of the stream, at the time of the last frame: what is there leaves. */
  close(): LabelEvent[] {
    const last = this.#last;
    return last ? this.#labels.flatMap((label) => this.#leave(label, last)) : [];
  }

  #shown(label: string, score: number, frame: FrameLabel): LabelEvent[] {
    const { timestamp: now } = frame;
    const before = this.#present.get(label);
    const { since = now, toldAt } = before ?? {};
    const presence = { since, seenAt: now, peakScore: Math.max(score, before?.peakScore ?? score), toldAt };
    const isDue = toldAt === undefined ? now - since >= this.#times.least : now - toldAt >= this.#times.every;
    this.#present.set(label, isDue ? { ...presence, toldAt: now } : presence);
    return isDue ? [eventOf(toldAt === undefined ? 'appeared' : 'stays', label, presence, frame)] : [];
  }

  #missing(label: string, frame: FrameLabel): LabelEvent[] {
    const presence = this.#present.get(label);
    return presence && frame.timestamp - presence.seenAt >= this.#times.gone ? this.#leave(label, frame) : [];
  }

  #leave(label: string, frame: FrameLabel): LabelEvent[] {
    const presence = this.#present.get(label);
    this.#present.delete(label);
    return presence?.toldAt === undefined ? [] : [eventOf('left', label, presence, frame)];
  }
}

function eventOf(kind: Kind, label: string, { since, seenAt, peakScore }: Presence, frame: FrameLabel): LabelEvent {
  const { source, seq, timestamp } = frame;
  return { kind, label, source, seq, timestamp, since, durationMs: (seenAt - since) / 1000, peakScore };
}
