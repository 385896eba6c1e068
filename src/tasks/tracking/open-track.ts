import type { DetectedBox } from '../detection/detected-box.ts';
import { beginFilter, boxOf, correctFilter, predictFilter, type BoxFilter } from './box-filter.ts';
import type { Labelled } from './overlaps.ts';

/** An object that is followed. */
export interface OpenTrack {
  readonly filter: BoxFilter;
  readonly label: string;
  /** `new`: seen once. `tracked`: in the last frame. `lost`: not in the last frame. */
  readonly state: 'new' | 'tracked' | 'lost';
  /** Its number; 0 for a new track. */
  readonly id: number;
  /** When it was seen first and last, in microseconds. */
  readonly begunAt: number;
  readonly seenAt: number;
  /** The place among the boxes of the frame; -1 for a lost track. */
  readonly place: number;
}

/** A box of a frame: its place among the boxes, and what it shows. */
export interface FoundBox extends Labelled {
  readonly box: DetectedBox;
  readonly place: number;
}

/** A track that begins with a box; `id` is 0 unless it counts at once. */
export function beginTrack({ box, label, place }: FoundBox, now: number, id: number): OpenTrack {
  const state = id > 0 ? 'tracked' : 'new';
  return { filter: beginFilter(box), label, state, id, begunAt: now, seenAt: now, place };
}

/** The track some frames of 1/30 s later. */
export function predictTrack(track: OpenTrack, frames: number): OpenTrack {
  return { ...track, filter: predictFilter(track.filter, frames, track.state === 'lost') };
}

/** The track with a box that was found for it. */
export function updateTrack(track: OpenTrack, { box, label, place }: FoundBox, now: number, id: number): OpenTrack {
  return { ...track, filter: correctFilter(track.filter, box), label, state: 'tracked', id, seenAt: now, place };
}

/** The track without a box. */
export function loseTrack(track: OpenTrack): OpenTrack {
  return { ...track, state: 'lost', place: -1 };
}

/** Where a track is expected. */
export function expected(track: OpenTrack): Labelled {
  return { box: boxOf(track.filter), label: track.label };
}
