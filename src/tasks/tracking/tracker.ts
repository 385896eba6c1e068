import type { DetectedBox } from '../detection/detected-box.ts';
import { assign } from './assign.ts';
import {
  beginTrack,
  expected,
  loseTrack,
  predictTrack,
  updateTrack,
  type FoundBox,
  type OpenTrack,
} from './open-track.ts';
import { overlapsOf } from './overlaps.ts';
import type { TrackOptions } from './track-options.ts';

/** The filter's constants are those of ByteTrack, which counts time in frames of 30 a second. In microseconds. */
const FRAME = 1e6 / 30;
/** A track in the frame and a lost one are one object if they overlap by more than this. */
const SAME = 0.85;

/** ByteTrack for one source. */
export class Tracker {
  readonly #options: Required<TrackOptions>;
  readonly #nextId: () => number;
  #tracks: readonly OpenTrack[] = [];
  #last: number | undefined;

  constructor(options: Required<TrackOptions>, nextId: () => number) {
    this.#options = options;
    this.#nextId = nextId;
  }

  /** The boxes of tracks that count, in the order of `boxes`, with their numbers. Of one frame, whose time is in microseconds. */
  next(boxes: readonly DetectedBox[], now: number): DetectedBox[] {
    const { highScore, lowScore, newScore, highIou, lowIou, newIou } = this.#options;
    const isFirst = this.#last === undefined;
    const tracks = this.#predicted(now);
    const found = this.#considered(boxes);
    const high = found.filter(({ box }) => box.score >= highScore);
    const low = found.filter(({ box }) => box.score < highScore && box.score >= lowScore);

    const known = tracks.filter(({ state }) => state !== 'new');
    const first = this.#match(known, high, highIou, now);
    const present = first.tracks.filter(({ state }) => state === 'tracked');
    const second = this.#match(present, low, lowIou, now);
    const fresh = tracks.filter(({ state }) => state === 'new');
    const third = this.#match(fresh, first.boxes, newIou, now);

    const begun = third.boxes
      .filter(({ box }) => box.score >= newScore)
      .map((box) => beginTrack(box, now, isFirst ? this.#nextId() : 0));
    const current = [...first.matched, ...second.matched, ...third.matched, ...begun];
    const lost = [...first.tracks.filter(({ state }) => state === 'lost'), ...second.tracks.map(loseTrack)];
    this.#tracks = this.#bounded(...this.#withoutDuplicates(current, lost));
    return this.#tracks
      .filter(({ state }) => state === 'tracked')
      .toSorted((a, b) => a.place - b.place)
      .map(({ place, id }) => ({ ...(boxes[place] as DetectedBox), trackId: id }));
  }

  /** The tracks where they are expected now. Those that were lost for too long are gone. */
  #predicted(now: number): readonly OpenTrack[] {
    const frames = (now - (this.#last ?? now)) / FRAME;
    this.#last = now;
    return this.#tracks
      .filter(({ state, seenAt }) => state !== 'lost' || now - seenAt <= this.#options.keepFor * 1000)
      .map((track) => predictTrack(track, frames));
  }

  /** The boxes with an area, the best of them where there are too many. */
  #considered(boxes: readonly DetectedBox[]): FoundBox[] {
    const found = boxes
      .map((box, place) => ({ box, label: box.label, place }))
      .filter(({ box }) => box.width > 0 && box.height > 0 && box.score >= this.#options.lowScore);
    if (found.length <= this.#options.maxTracks) return found;
    return found.toSorted((a, b) => b.box.score - a.box.score).slice(0, this.#options.maxTracks);
  }

  /** Matches tracks and boxes so that the sum of IoU - `minIou` is greatest. Gives the matched tracks, and what is left. */
  #match(tracks: readonly OpenTrack[], boxes: readonly FoundBox[], minIou: number, now: number) {
    const overlaps = overlapsOf(tracks.map(expected), boxes, minIou, this.#options.acrossClasses);
    const candidates = overlaps.map((own) => own.map(({ number, iou }) => ({ column: number, cost: 1 - iou })));
    const columnOf = assign(candidates, boxes.length, 1 - minIou);
    const taken = new Set(columnOf);
    const matched = tracks.flatMap((track, row) => {
      const box = boxes[columnOf[row] as number];
      return box ? [updateTrack(track, box, now, track.id || this.#nextId())] : [];
    });
    return {
      matched,
      tracks: tracks.filter((_, row) => columnOf[row] === -1),
      boxes: boxes.filter((_, column) => !taken.has(column)),
    };
  }

  /** Of a track in the frame and a lost one in the same place, the one that was followed for longer stays. */
  #withoutDuplicates(current: readonly OpenTrack[], lost: readonly OpenTrack[]) {
    const gone = new Set<OpenTrack>();
    const overlaps = overlapsOf(current.map(expected), lost.map(expected), SAME, this.#options.acrossClasses);
    for (const [i, own] of overlaps.entries()) {
      for (const { number, iou } of own) {
        const [here, other] = [current[i] as OpenTrack, lost[number] as OpenTrack];
        if (iou > SAME) gone.add(here.seenAt - here.begunAt > other.seenAt - other.begunAt ? other : here);
      }
    }
    return [current.filter((track) => !gone.has(track)), lost.filter((track) => !gone.has(track))] as const;
  }

  /** The tracks in the frame, and the lost ones that there is room for, those seen last. */
  #bounded(current: readonly OpenTrack[], lost: readonly OpenTrack[]): readonly OpenTrack[] {
    const room = Math.max(0, this.#options.maxTracks - current.length);
    if (lost.length <= room) return [...current, ...lost];
    return [...current, ...lost.toSorted((a, b) => b.seenAt - a.seenAt).slice(0, room)];
  }
}
