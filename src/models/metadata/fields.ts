import { describeValue } from '../../errors/describe-value.ts';
import { WeightsError } from '../../errors/errors.ts';
import { MAX_SIDE } from '../../preprocess/fit.ts';
import { asObject } from '../tfjs/as-object.ts';

/** @internal Reads the fields of a JSON object that is not trusted. Throws `WeightsError` that names file and field. */
export class Fields {
  readonly #file: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(file: string, values: Readonly<Record<string, unknown>>) {
    this.#file = file;
    this.#values = values;
  }

  /** The value of a field. Undefined if it is missing or null. */
  get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The error for a field that is not as it must be. */
  wrong(name: string, wanted: string): WeightsError {
    return new WeightsError(`${this.#file}: ${name} is ${describeValue(this.get(name))}, not ${wanted}`);
  }

  flag(name: string): boolean | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    throw this.wrong(name, 'true or false');
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || typeof value === 'string') return value;
    throw this.wrong(name, 'a text');
  }

  /** A number over 0, and at most `most`. */
  positive(name: string, most = Infinity): number | undefined {
    const value = this.get(name);
    if (value === undefined || isPositive(value, most)) return value;
    throw this.wrong(name, `a number over 0${most === Infinity ? '' : ` and at most ${most}`}`);
  }

  /** A number, or one for each of 1 or 3 channels. `least`: what they must be over. */
  perChannel(name: string, least = -Infinity): number | readonly number[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    const fits = list.length === 1 || list.length === 3;
    if (fits && list.every((one) => typeof one === 'number' && Number.isFinite(one) && one > least)) {
      return Array.isArray(value) ? (list as number[]) : (list[0] as number);
    }
    throw this.wrong(name, `a number, or one for each of 1 or 3 channels${least === 0 ? ', over 0' : ''}`);
  }

  /** The fields of an object inside. */
  inner(name: string): Fields | undefined {
    const value = this.get(name);
    const object = asObject(value);
    if (value === undefined) return undefined;
    if (object) return new Fields(`${this.#file} (${name})`, object);
    throw this.wrong(name, 'an object');
  }
}

function isPositive(value: unknown, most: number): value is number {
  return typeof value === 'number' && value > 0 && value <= most && Number.isFinite(value);
}

/** @internal Whether a value is the number of pixels of a side. */
export function isSide(value: unknown): value is number {
  return Number.isInteger(value) && isPositive(value, MAX_SIDE);
}
