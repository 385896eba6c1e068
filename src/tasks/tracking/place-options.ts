import { describeValue } from '../../errors/describe-value.ts';
import { OptionError } from '../../errors/errors.ts';
import { numberUpTo } from '../../stage/arguments.ts';
import type { Anchor, PicturePoint } from './geometry.ts';

/** Options of what looks where tracks are. `Name` is the field of the result. */
export interface PlaceOptions<Name extends string> {
  /** The field of the result. Each line and each zone of a stream needs another one. */
  readonly name?: Name;
  /** The point of a box that stands for it: the middle of its lower edge (`bottom`, default) or of the box (`centre`). */
  readonly anchor?: Anchor;
  /**
   * How far a point has to be from the line before it counts as on the other side, in pixels. It keeps an object that
   * trembles on the line from counting again and again. Default 0.
   */
  readonly margin?: number;
}

/** Fields that results have already. */
const TAKEN =
  'source seq timestamp scene target targets weight weights boxes picture timings latencyMs frames end'.split(' ');

/** Returns the options with their defaults. Throws `OptionError`. */
export function checkedPlace<Name extends string>(
  who: string,
  { name, anchor = 'bottom', margin = 0 }: PlaceOptions<Name>,
  field: Name,
): Required<PlaceOptions<Name>> {
  const chosen: unknown = name ?? field;
  if (typeof chosen !== 'string' || chosen === '' || TAKEN.includes(chosen)) {
    throw new OptionError(`${who}: name must be a field that results do not have yet, not ${describeValue(chosen)}`, {
      stage: who,
    });
  }
  if (anchor !== 'bottom' && anchor !== 'centre') {
    throw new OptionError(`${who}: anchor must be bottom or centre, not ${describeValue(anchor)}`, { stage: who });
  }
  numberUpTo(who, 'margin', margin, Infinity);
  return { name: chosen as Name, anchor, margin };
}

/** Returns the points if there are at least `least`, no two alike in a row. Otherwise throws `OptionError`. */
export function checkedPoints(who: string, name: string, points: unknown, least: number): readonly PicturePoint[] {
  const list: readonly unknown[] = Array.isArray(points) ? points : [];
  if (list.length < least || !list.every(isPoint)) {
    throw new OptionError(
      `${who}: ${name} must be a list of at least ${least} points, { x, y } in pixels, not ${described(points)}`,
      { stage: who },
    );
  }
  const repeated = list.find((point, i) => i > 0 && list[i - 1]?.x === point.x && list[i - 1]?.y === point.y);
  if (repeated) {
    const { x, y } = repeated;
    throw new OptionError(`${who}: ${name} has the point { x: ${x}, y: ${y} } twice in a row`, { stage: who });
  }
  return list.map(({ x, y }) => ({ x, y }));
}

/** @internal Throws `OptionError` if a result has the field already. */
export function checkFree(who: string, name: string, result: object): void {
  if (!(name in result)) return;
  throw new OptionError(`${who}: its results have a field ${name} already: give this one another name`, { stage: who });
}

function isPoint(value: unknown): value is PicturePoint {
  const { x, y } = (value ?? {}) as Partial<PicturePoint>;
  return Number.isFinite(x) && Number.isFinite(y);
}

function described(points: unknown): string {
  if (!Array.isArray(points)) return describeValue(points);
  const all = points.slice(0, 5).map((point: unknown) => {
    const { x, y } = (point ?? {}) as Record<string, unknown>;
    return typeof point === 'object' && point !== null
      ? `{ x: ${describeValue(x)}, y: ${describeValue(y)} }`
      : describeValue(point);
  });
  return `[${all.join(', ')}${points.length > all.length ? ', …' : ''}]`;
}
