import type { Block } from './block.ts';

/** @internal How one value is stored. */
export type Datatype =
  | {
      readonly kind: 'float' | 'integer';
      readonly size: number;
      readonly bigEndian: boolean;
      readonly exponent: number;
    }
  | { readonly kind: 'text' | 'long-text' | 'other'; readonly size: number };

/** @internal Reads the type of values. Types that no model needs are `other`. */
export function readDatatype(block: Block): Datatype {
  const classAndVersion = block.uint(1);
  const flags = block.uint(3);
  const size = block.uint(4);
  switch (classAndVersion & 0x0f) {
    case 0:
      return { kind: 'integer', size, bigEndian: (flags & 1) !== 0, exponent: 0 };
    case 1:
      // Offset and number of bits, the exponent's place and its size.
      return { kind: 'float', size, bigEndian: (flags & 1) !== 0, exponent: block.skip(5).uint(1) };
    case 3:
      return { kind: 'text', size };
    case 9:
      return { kind: (flags & 0x0f) === 1 ? 'long-text' : 'other', size };
    default:
      return { kind: 'other', size };
  }
}
