import type { Detection } from '../detection/detected-box.ts';
import { checkedTracks } from '../detection/check-boxes.ts';
import { MOST_TRACKS } from './zone-watch.ts';
import { anchorOf, crossingsOf, distanceTo, type Anchor, type PicturePoint } from './geometry.ts';

/** An object that crossed the line. */
export interface Crossing {
  readonly trackId: number;
  readonly label: string;
  /** `forward`: from the left of the line to its right. */
  readonly direction: 'forward' | 'backward';
}

/** The crossings of a line. */
export interface Crossings {
  /** How many there were so far, of this source. */
  readonly forward: number;
  readonly backward: number;
  /** Those of this frame. */
  readonly events: readonly Crossing[];
}

/** Counts the crossings of one source. */
export class CrossingCount {
  readonly #line: readonly PicturePoint[];
  readonly #anchor: Anchor;
  readonly #margin: number;
  /** Of each track its last point, and its crossings that do not count yet. */
  readonly #tracks = new Map<number, { readonly point: PicturePoint; readonly net: number }>();
  readonly #total = { forward: 0, backward: 0 };

  constructor({ line, anchor, margin }: { line: readonly PicturePoint[]; anchor: Anchor; margin: number }) {
    this.#line = line;
    this.#anchor = anchor;
    this.#margin = margin;
  }

  next(result: Detection): Crossings {
    const events: Crossing[] = [];
    for (const box of checkedTracks(result)) {
      const { trackId, label } = box;
      const net = this.#stepTo(trackId, anchorOf(box, this.#anchor));
      if (net === 0) continue;
      const direction = net > 0 ? 'forward' : 'backward';
      this.#total[direction]++;
      events.push({ trackId, label, direction });
    }
    return { ...this.#total, events };
  }

  /** The crossings that count, once a track is at a point: over 0 if it is on the right now, 0 for none. */
  #stepTo(trackId: number, point: PicturePoint): number {
    const last = this.#tracks.get(trackId);
    const net = last ? last.net + crossingsOf(this.#line, last.point, point) : 0;
    const counts = this.#margin === 0 || distanceTo(this.#line, point) >= this.#margin;
    this.#tracks.delete(trackId);
    this.#tracks.set(trackId, { point, net: counts ? 0 : net });
    if (this.#tracks.size > MOST_TRACKS) this.#tracks.delete(this.#tracks.keys().next().value as number);
    return counts ? net : 0;
  }
}
