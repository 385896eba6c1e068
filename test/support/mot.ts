import type { DetectedBox, Detection, FrameResult, Rectangle } from 'sluice';
import { randomFrom } from './random.ts';

// Scenes whose truth is known, and the measures of CLEAR MOT (Bernardin and Stiefelhagen 2008).

export const PICTURE = { width: 1280, height: 720 };

/** An object of a scene: its place at a time (in frames), or nothing where it is out of the scene. */
export type Thing = (frame: number) => Rectangle | undefined;

export interface Scene {
  readonly things: readonly Thing[];
  readonly frames: number;
  /** Default 30. */
  readonly fps?: number;
  /** The score with which the detector finds a thing in a frame; 0: it doesn't. Default 0.9. */
  readonly score?: (thing: number, frame: number) => number;
  /** The standard deviation of the edges of boxes, in pixels. Default 1. */
  readonly noise?: number;
  /** How the camera moves the picture in a frame. */
  readonly shake?: (frame: number) => { readonly x: number; readonly y: number };
  /** How many boxes of nothing a frame has on average, with scores up to 0.6. Default 0. */
  readonly clutter?: number;
  readonly seed: number;
}

/** A frame of a scene: what is there, by its number, and what the detector says. */
export interface SceneFrame {
  readonly truth: ReadonlyMap<number, Rectangle>;
  readonly result: FrameResult<Detection>;
}

/** A thing that goes straight from one place to another one. */
export function walker(from: readonly [number, number], by: readonly [number, number], size = [60, 140]): Thing {
  const [width = 0, height = 0] = size;
  return (frame) => ({ x: from[0] + by[0] * frame, y: from[1] + by[1] * frame, width, height });
}

export function framesOf(scene: Scene): SceneFrame[] {
  const { things, frames, fps = 30, score = () => 0.9, noise = 1, shake = () => ({ x: 0, y: 0 }), clutter = 0 } = scene;
  const random = randomFrom(scene.seed);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: frames }, (_, seq) => {
    const move = shake(seq);
    const truth = new Map<number, Rectangle>();
    const boxes: DetectedBox[] = [];
    for (const [number, thing] of things.entries()) {
      const there = thing(seq);
      if (!there) continue;
      const place = { ...there, x: there.x + move.x, y: there.y + move.y };
      truth.set(number, place);
      const certain = score(number, seq);
      const [x, y] = [place.x + noise * gauss(), place.y + noise * gauss()];
      const [width, height] = [place.width + noise * gauss(), place.height + noise * gauss()];
      if (certain > 0) boxes.push({ x, y, width, height, score: certain, label: 'person', index: 0 });
    }
    for (let i = 0; i < 10; i++) {
      if (random() >= clutter / 10) continue;
      const [x, y] = [random() * PICTURE.width, random() * PICTURE.height];
      boxes.push({ x, y, width: 60, height: 140, score: 0.1 + 0.5 * random(), label: 'person', index: 0 });
    }
    boxes.sort((a, b) => b.score - a.score);
    const timestamp = Math.round((seq * 1e6) / fps);
    return {
      truth,
      result: { source: 'scene', seq, timestamp, boxes, picture: PICTURE, timings: [], latencyMs: 0 },
    };
  });
}

export interface ClearMot {
  readonly misses: number;
  readonly falsePositives: number;
  readonly switches: number;
  readonly objects: number;
  /** 1 - (misses + false positives + switches) / objects. */
  readonly mota: number;
}

/**
 * Compares tracks with the truth. A pair of the frame before stays one while both overlap by half; what is left is paired so that as many pairs
 * as possible overlap by half, the best ones. A thing whose track differs from its last one is a switch.
 */
export function clearMot(
  frames: readonly SceneFrame[],
  results: readonly { boxes: readonly DetectedBox[] }[],
): ClearMot {
  const last = new Map<number, number>();
  let [misses, falsePositives, switches, objects] = [0, 0, 0, 0];
  for (const [i, { truth }] of frames.entries()) {
    const boxes = new Map((results[i]?.boxes ?? []).map((box) => [box.trackId as number, box]));
    const pairs = new Map<number, number>();
    for (const [thing, id] of last) {
      const [place, box] = [truth.get(thing), boxes.get(id)];
      if (place && box && overlap(place, box) >= 0.5) pairs.set(thing, id);
    }
    const ids = new Set(pairs.values());
    const left = [...truth].filter(([thing]) => !pairs.has(thing));
    const free = [...boxes].filter(([id]) => !ids.has(id));
    for (const [thing, id] of paired(left, free)) {
      pairs.set(thing, id);
      if (last.has(thing) && last.get(thing) !== id) switches++;
      last.set(thing, id);
    }
    objects += truth.size;
    misses += truth.size - pairs.size;
    falsePositives += boxes.size - pairs.size;
  }
  return { misses, falsePositives, switches, objects, mota: 1 - (misses + falsePositives + switches) / objects };
}

/** The best pairs: by trying all for the first thing, with or without a partner, and the best for the rest. */
function paired(
  things: readonly (readonly [number, Rectangle])[],
  boxes: readonly (readonly [number, Rectangle])[],
): [number, number][] {
  const near = things.map(([thing, place]) => ({
    thing,
    partners: boxes.flatMap(([id, box]) =>
      overlap(place, box) >= 0.5 ? [{ id, gain: 10 + overlap(place, box) }] : [],
    ),
  }));
  const best = (from: number, used: ReadonlySet<number>): { gain: number; pairs: [number, number][] } => {
    const one = near[from];
    if (!one) return { gain: 0, pairs: [] };
    let most = best(from + 1, used);
    for (const { id, gain } of one.partners.filter(({ id }) => !used.has(id))) {
      const rest = best(from + 1, new Set([...used, id]));
      if (rest.gain + gain > most.gain) most = { gain: rest.gain + gain, pairs: [[one.thing, id], ...rest.pairs] };
    }
    return most;
  };
  return best(0, new Set()).pairs;
}

function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a.width * a.height + b.width * b.height - width * height);
}
