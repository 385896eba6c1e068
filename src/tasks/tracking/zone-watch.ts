import type { FrameLabel } from '../../errors/frame-label.ts';
import type { Detection } from '../detection/detected-box.ts';
import { checkedTracks, type TrackedBox } from '../detection/check-boxes.ts';
import { anchorOf, closed, distanceTo, isInside, type Anchor, type PicturePoint } from './geometry.ts';

/** An object that is known by the number of its track. */
export interface ZoneObject {
  readonly trackId: number;
  readonly label: string;
}

/** An object in a zone, or one that left it. */
export interface ZoneStay extends ZoneObject {
  /** How long it was in the zone, in milliseconds of the stream's time. */
  readonly dwellMs: number;
}

/** The objects of a zone in a frame. */
export interface Zone {
  /** Those inside, by their numbers. */
  readonly inside: readonly ZoneStay[];
  /** Those that entered in this frame. */
  readonly entered: readonly ZoneObject[];
  /** Those that left in this frame. */
  readonly left: readonly ZoneStay[];
}

interface Settings {
  readonly polygon: readonly PicturePoint[];
  readonly anchor: Anchor;
  readonly margin: number;
  /** In microseconds. */
  readonly keepFor: number;
}

/** A track: when it entered, if it is inside, and when it was seen last, in microseconds. */
interface Seen {
  readonly label: string;
  readonly since: number | undefined;
  readonly seenAt: number;
}

/** More tracks are not remembered; the ones seen last are. */
export const MOST_TRACKS = 10_000;

/** Watches the zone for one source. */
export class ZoneWatch {
  readonly #settings: Settings;
  readonly #border: readonly PicturePoint[];
  readonly #tracks = new Map<number, Seen>();

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#border = closed(settings.polygon);
  }

  next(result: FrameLabel & Detection): Zone {
    const { timestamp: now } = result;
    const entered: ZoneObject[] = [];
    const left: ZoneStay[] = [];
    for (const box of checkedTracks(result)) {
      const { trackId, label } = box;
      const last = this.#tracks.get(trackId);
      const isIn = this.#isIn(box, last);
      const since = isIn ? (last?.since ?? now) : undefined;
      // The track that was seen last is the last one of the map.
      this.#tracks.delete(trackId);
      this.#tracks.set(trackId, { label, since, seenAt: now });
      if (isIn && last?.since === undefined) entered.push({ trackId, label });
      if (!isIn && last?.since !== undefined) left.push({ trackId, label, dwellMs: (now - last.since) / 1000 });
    }
    const inside: ZoneStay[] = [];
    let spare = this.#tracks.size - MOST_TRACKS;
    for (const [trackId, { label, since, seenAt }] of this.#tracks) {
      const isGone = now - seenAt > this.#settings.keepFor || spare-- > 0;
      if (isGone) this.#tracks.delete(trackId);
      if (since !== undefined) (isGone ? left : inside).push({ trackId, label, dwellMs: (seenAt - since) / 1000 });
    }
    return { inside: inside.toSorted((a, b) => a.trackId - b.trackId), entered, left };
  }

  #isIn(box: TrackedBox, last: Seen | undefined): boolean {
    const { polygon, anchor, margin } = this.#settings;
    const point = anchorOf(box, anchor);
    const isUnsure = last !== undefined && margin > 0 && distanceTo(this.#border, point) < margin;
    return isUnsure ? last.since !== undefined : isInside(polygon, point);
  }
}
