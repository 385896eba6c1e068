import type { AnyStage } from '../../../stage/stage.ts';
import { depthToSpace } from '../../../stages/depth-to-space.ts';
import { upsample, type UpsampleOptions } from '../../../stages/upsample.ts';
import { flag, list, number, text } from '../attributes.ts';
import type { Constant } from '../constant.ts';
import { constantIfAny, unsupported, valueAt, type Conversion, type Convert } from '../conversion.ts';
import { axesOf } from '../shapes.ts';
import { interpolationTaps, type Interpolation } from './interpolation.ts';
import { linear } from './matrices.ts';
import { throughPictures } from './pictures.ts';

/** How one dimension is resized. */
interface Side {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
}

/** @internal */
export const convertDepthToSpace: Convert = (conversion) => {
  const { node } = conversion;
  const mode = text(node, 'mode', 'DCR') as 'DCR';
  const stage = depthToSpace({ blockSize: number(node, 'blocksize', 1), mode });
  return throughPictures(conversion, valueAt(conversion), stage);
};

/** @internal Upsample, and Resize before version 11 of the operators. */
export const convertUpsample: Convert = (conversion) => {
  const { node } = conversion;
  const scales = list(node, 'scales') ?? values(constantIfAny(conversion, 1));
  if (!scales) throw unsupported('scales that are missing');
  const sides = sidesOf(conversion, scales, undefined, undefined);
  return resized(conversion, sides, {
    ...COMMON,
    mode: modeOf(conversion),
    coordinates: 'asymmetric',
    nearestMode: 'floor',
  });
};

const COMMON = { cubicA: -0.75, excludeOutside: false, antialias: false };

/** @internal */
export const convertResize: Convert = (conversion) => {
  const { node, opset } = conversion;
  if (opset < 11) return convertUpsample(conversion);
  const [scales, sizes] = [2, 3].map((index) => values(constantIfAny(conversion, index)));
  const policy = text(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') throw unsupported(`keep_aspect_ratio_policy ${policy}`);
  const sides = sidesOf(conversion, scales, sizes, list(node, 'axes'));
  return resized(conversion, sides, {
    mode: modeOf(conversion),
    coordinates: text(node, 'coordinate_transformation_mode', 'half_pixel'),
    nearestMode: text(node, 'nearest_mode', 'round_prefer_floor'),
    cubicA: number(node, 'cubic_coeff_a', -0.75),
    excludeOutside: flag(node, 'exclude_outside'),
    antialias: flag(node, 'antialias'),
  });
};

function values(constant: Constant | undefined): number[] | undefined {
  return constant && constant.data.length > 0 ? Array.from(constant.data) : undefined;
}

function modeOf({ node }: Conversion): Interpolation['mode'] {
  const mode = text(node, 'mode', 'nearest');
  if (mode === 'bilinear') return 'linear';
  if (mode === 'nearest' || mode === 'linear' || mode === 'cubic') return mode;
  throw unsupported(`mode ${mode}`);
}

/** How each dimension of ONNX's shape is resized. */
function sidesOf(
  conversion: Conversion,
  scales: readonly number[] | undefined,
  sizes: readonly number[] | undefined,
  given: readonly number[] | undefined,
): Side[] {
  const { shape } = valueAt(conversion);
  const axes = given ? axesOf(shape, given) : shape.map((_, dimension) => dimension);
  const told = sizes ?? scales;
  if (told?.length !== axes.length) throw unsupported(`sizes of ${told?.length ?? 0} dimensions`);
  return shape.map((from, dimension) => {
    const i = axes.indexOf(dimension);
    if (i < 0) return { from, to: from, scale: 1 };
    const scale = sizes ? (sizes[i] ?? from) / from : (scales?.[i] ?? 1);
    const to = sizes ? (sizes[i] ?? from) : Math.floor(from * scale);
    if (!(Number.isSafeInteger(to) && to >= 1 && scale > 0)) throw unsupported(`a size of ${to}`);
    return { from, to, scale };
  });
}

function resized(conversion: Conversion, sides: readonly Side[], how: Interpolation) {
  const { build } = conversion;
  const value = valueAt(conversion);
  const changed = sides.flatMap(({ from, to, scale }, dimension) => (from === to && scale === 1 ? [] : [dimension]));
  if (changed.length === 0) return value;
  // For each output, its inputs are looked up a few times, and there may be a matrix.
  for (const dimension of changed) build.count(100 * (sides[dimension]?.to ?? 0) + (sides[dimension]?.from ?? 0));
  const picture = value.shape.length === 4 && changed.every((dimension) => dimension > 1);
  const known = picture ? knownStage(sides.slice(2), how) : undefined;
  if (known) return throughPictures(conversion, value, known);
  return changed.reduce((one, dimension, i) => {
    const { from, to, scale } = sides[dimension] as Side;
    build.count(from * to);
    const taps = interpolationTaps(from, to, scale, how);
    if (!taps) throw unsupported(`coordinate_transformation_mode ${how.coordinates} with ${how.nearestMode}`);
    const data = new Float32Array(from * to);
    taps.forEach((shares, o) => shares.forEach((share, index) => (data[index * to + o] = share)));
    const kernel: Constant = { shape: [from, to], kind: 'float', data };
    return linear(build, one, dimension, kernel, { suffix: i < changed.length - 1 ? `axis${dimension}` : '' });
  }, value);
}

const CANDIDATES = { halfPixel: 'half_pixel', asymmetric: 'asymmetric', alignCorners: 'align_corners' } as const;

/** The stage of sluice that takes the same values with the same shares, if there is one. */
function knownStage(sides: readonly Side[], how: Interpolation): AnyStage | undefined {
  if (how.mode === 'cubic') return undefined;
  const interpolation = how.mode === 'nearest' ? 'nearest' : 'bilinear';
  const [outputSize, factors] = [sides.map(({ to }) => to), sides.map(({ from, to }) => to / from)];
  const whole = factors.every((factor) => Number.isSafeInteger(factor));
  for (const [coordinates, name] of Object.entries(CANDIDATES)) {
    const fits = sides.every((side) => {
      const wanted = interpolationTaps(side.from, side.to, side.scale, how);
      const same = interpolationTaps(side.from, side.to, side.to / side.from, asStage(how, name));
      return wanted && same?.every((shares, o) => alike(shares, wanted[o])) && (whole || isClear(side, how, name));
    });
    if (!fits) continue;
    const told: UpsampleOptions = { interpolation, coordinates: coordinates as 'halfPixel' };
    const pair = (numbers: readonly number[]) => numbers as unknown as readonly [number, number];
    return upsample(whole ? { ...told, size: pair(factors) } : { ...told, outputSize: pair(outputSize) });
  }
  return undefined;
}

/** How the kernels of TensorFlow.js round: down, and with aligned corners to the nearest. */
function asStage(how: Interpolation, coordinates: string): Interpolation {
  if (how.mode !== 'nearest') return { ...how, ...COMMON, coordinates };
  if (coordinates === 'align_corners') return { ...how, coordinates, nearestMode: 'round_prefer_ceil' };
  const down = coordinates === 'half_pixel' ? 'tf_half_pixel_for_nn' : coordinates;
  return { ...how, coordinates: down, nearestMode: 'floor' };
}

/** Whether no position is so near to where rounding changes that single precision could go the other way. */
function isClear({ from, to }: Side, { mode }: Interpolation, coordinates: string): boolean {
  if (mode !== 'nearest') return true;
  const places = Array.from({ length: to }, (_, o) => {
    if (coordinates === 'align_corners') return to > 1 ? (o * (from - 1)) / (to - 1) + 0.5 : 0.5;
    return (coordinates === 'half_pixel' ? o + 0.5 : o) * (from / to);
  });
  return places.every((place) => place === 0 || Math.abs(place - Math.round(place)) > 1e-4);
}

function alike(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number> | undefined): boolean {
  const places = new Set([...a.keys(), ...(b?.keys() ?? [])]);
  return [...places].every((place) => Math.abs((a.get(place) ?? 0) - (b?.get(place) ?? 0)) < 1e-6);
}
