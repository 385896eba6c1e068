import type { OperatorFunction } from 'rxjs';
import { checkOptions, type OptionNames } from '../../errors/check-options.ts';
import type { FrameLabel } from '../../errors/frame-label.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import type { Detection } from '../detection/detected-box.ts';
import type { PicturePoint } from './geometry.ts';
import { mapResults } from '../map-results.ts';
import { perSource } from '../../frames/per-source.ts';
import { checkedPlace, checkedPoints, checkFree, type PlaceOptions } from './place-options.ts';
import { ZoneWatch, type Zone } from './zone-watch.ts';

/** Options of {@link inZone}. */
export interface InZoneOptions<Name extends string = 'zone'> extends PlaceOptions<Name> {
  /** The corners of the zone, at least three, in pixels of the source picture. */
  readonly polygon: readonly PicturePoint[];
  /** How long an object without a box still counts as where it was, in milliseconds, as for {@link track}. Default 1000. */
  readonly keepFor?: number;
}

const NAMES: OptionNames<InZoneOptions> = { polygon: true, keepFor: true, name: true, anchor: true, margin: true };

/**
 * Says which objects are in a zone of the picture, for how long, and which enter and leave it. Results of {@link track} → the same
 * results with a field `zone`, or `name`.
 *
 * An object is where the `anchor` of its box is. Where the polygon cuts itself, what is enclosed twice is outside. An object that is inside
 * when it is first seen enters, too. One without a box stays where it was for `keepFor`; then it has left, and its time in the zone
 * ends where it was last seen. With a `margin`, an object enters or leaves once its anchor is that far from the border.
 *
 * The last 10,000 tracks of a source are remembered. Each source has a zone of its own, which is empty again when its time goes back. Throws `OptionError`. A box without a
 * `trackId` is a `StageError` with the frame.
 *
 * @see {@link track}, {@link countCrossings}
 *
 * @example
 * const at = (seq: number, x: number) => ({
 *   ...{ source: 'shop.mp4', seq, timestamp: seq * 500_000, timings: [], latencyMs: 0, picture: { width: 640, height: 360 } },
 *   boxes: [{ x, y: 100, width: 50, height: 120, score: 0.9, label: 'person', index: 0, trackId: 1 }],
 * });
 * const polygon = [{ x: 300, y: 0 }, { x: 640, y: 0 }, { x: 640, y: 360 }, { x: 300, y: 360 }];
 * of(at(0, 200), at(1, 290), at(2, 310)).pipe(inZone({ polygon })).subscribe(({ zone }) => console.log(zone));
 * // { inside: [], entered: [], left: [] }
 * // { inside: [{ trackId: 1, label: 'person', dwellMs: 0 }], entered: [{ trackId: 1, label: 'person' }], left: [] }
 * // { inside: [{ trackId: 1, label: 'person', dwellMs: 500 }], entered: [], left: [] }
 */
export function inZone<R extends FrameLabel & Detection, Name extends string = 'zone'>(
  options: InZoneOptions<Name>,
): OperatorFunction<R, R & { readonly [Field in Name]: Zone }> {
  const who = 'inZone';
  checkOptions<InZoneOptions<string>>(who, options, NAMES);
  const polygon = checkedPoints(who, 'polygon', options.polygon, 3);
  const { name, anchor, margin } = checkedPlace(who, options, 'zone' as Name);
  const keepFor = 1000 * numberUpTo(who, 'keepFor', options.keepFor ?? 1000, Infinity);
  return mapResults(who, () => {
    const zones = perSource(() => new ZoneWatch({ polygon, anchor, margin, keepFor }));
    return (result: R) => {
      checkFree(who, name, result);
      return { ...result, [name]: zones.of(result).next(result) } as R & { readonly [Field in Name]: Zone };
    };
  });
}
