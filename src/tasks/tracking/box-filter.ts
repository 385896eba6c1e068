import type { Rectangle } from '../../frames/picture-view.ts';
import { beginMotion, correctMotion, predictMotion, type Motion } from './motion.ts';

/**
 * The Kalman filter of SORT, DeepSORT and ByteTrack: the centre of a box, its aspect (width / height) and its height move at a
 * constant speed. No noise is shared between these four, so the filter of eight numbers is four filters of two.
 */
export interface BoxFilter {
  readonly x: Motion;
  readonly y: Motion;
  readonly aspect: Motion;
  readonly height: Motion;
}

/** The standard deviations of DeepSORT and ByteTrack, as parts of the height; those of the aspect are absolute. */
const AT = 1 / 20;
const SPEED = 1 / 160;
const ASPECT = 1e-2;
const ASPECT_SPEED = 1e-5;
const MEASURED_ASPECT = 1e-1;
/** Under this height, in pixels, the deviations stay as they are: at 0 nothing would be left to weigh. */
const LEAST_HEIGHT = 1e-3;

/** The state after the first measurement. */
export function beginFilter(box: Rectangle): BoxFilter {
  const { x, y, aspect, height } = measured(box);
  const scale = scaleOf(height);
  const begin = (at: number) => beginMotion(at, 2 * AT * scale, 10 * SPEED * scale);
  return { x: begin(x), y: begin(y), aspect: beginMotion(aspect, ASPECT, ASPECT_SPEED), height: begin(height) };
}

/** The state `frames` of 1/30 s later. With `keepsHeight` the height stays, as that of a lost track does. */
export function predictFilter(filter: BoxFilter, frames: number, keepsHeight: boolean): BoxFilter {
  const scale = scaleOf(filter.height.at);
  const predict = (motion: Motion) => predictMotion(motion, frames, AT * scale, SPEED * scale);
  return {
    x: predict(filter.x),
    y: predict(filter.y),
    aspect: predictMotion(filter.aspect, frames, ASPECT, ASPECT_SPEED),
    height: predict(keepsHeight ? { ...filter.height, speed: 0 } : filter.height),
  };
}

/** The state, corrected by a box that was found. */
export function correctFilter(filter: BoxFilter, box: Rectangle): BoxFilter {
  const { x, y, aspect, height } = measured(box);
  const sd = AT * scaleOf(filter.height.at);
  return {
    x: correctMotion(filter.x, x, sd),
    y: correctMotion(filter.y, y, sd),
    aspect: correctMotion(filter.aspect, aspect, MEASURED_ASPECT),
    height: correctMotion(filter.height, height, sd),
  };
}

/** Where the box is. */
export function boxOf({ x, y, aspect, height }: BoxFilter): Rectangle {
  const width = aspect.at * height.at;
  return { x: x.at - width / 2, y: y.at - height.at / 2, width, height: height.at };
}

function measured({ x, y, width, height }: Rectangle): Readonly<Record<keyof BoxFilter, number>> {
  return { x: x + width / 2, y: y + height / 2, aspect: width / height, height };
}

function scaleOf(height: number): number {
  return Math.max(Math.abs(height), LEAST_HEIGHT);
}
