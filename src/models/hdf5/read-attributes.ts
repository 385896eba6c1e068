import { sizeOf } from '../../stage/shape.ts';
import { MAX_NAME } from '../limits.ts';
import type { Block } from './block.ts';
import { recordsOf } from './btree-v2.ts';
import { readDataspace } from './dataspace.ts';
import { readDatatype } from './datatype.ts';
import type { FileBytes } from './file-bytes.ts';
import { FractalHeap } from './fractal-heap.ts';
import type { GlobalHeap } from './global-heap.ts';
import { MESSAGE, type Message } from './object-header.ts';

/** @internal The texts of an attribute, which are read when they are asked for. */
export type ReadTexts = (heap: GlobalHeap) => readonly string[];

/** @internal The attributes of an object, by name. Throws `WeightsError`. */
export function readAttributes(source: FileBytes, messages: readonly Message[]): ReadonlyMap<string, ReadTexts> {
  const attributes = new Map<string, ReadTexts>();
  for (const { type, body } of messages) {
    if (type === MESSAGE.attribute) attributes.set(...readAttribute(body));
    if (type === MESSAGE.attributeInfo) for (const one of denseAttributes(source, body)) attributes.set(...one);
  }
  return attributes;
}

function denseAttributes(source: FileBytes, body: Block): [string, ReadTexts][] {
  body.version('the attributes of an object', [0]);
  if (body.uint(1) & 1) body.skip(2);
  const [heapAt, tree] = [body.address(), body.address()];
  if (!Number.isFinite(heapAt)) return [];
  const heap = new FractalHeap(source, heapAt);
  return recordsOf(source, tree).map((record) => readAttribute(heap.object(record)));
}

function readAttribute(body: Block): [string, ReadTexts] {
  const version = body.version('an attribute', [1, 2, 3]);
  const flags = body.uint(1);
  if (version > 1 && flags !== 0) throw body.source.unsupported('an attribute of a shared type');
  const [nameSize, typeSize, spaceSize] = [body.uint(2), body.uint(2), body.uint(2)];
  if (version === 3) body.skip(1);
  const part = (size: number) => {
    const own = body.part(size);
    // Version 1 puts each part at a multiple of 8 bytes.
    if (version === 1) body.align();
    return own;
  };
  if (nameSize > MAX_NAME) throw body.source.wrong(`an attribute has a name of ${nameSize} characters`);
  const name = textIn(part(nameSize).bytes(nameSize));
  const [type, space] = [part(typeSize), part(spaceSize)];
  const values = body.part(body.left);
  let texts: readonly string[] | undefined;
  return [name, (heap) => (texts ??= readTexts(type, space, values, heap, name))];
}

function readTexts(typeAt: Block, spaceAt: Block, values: Block, heap: GlobalHeap, name: string): readonly string[] {
  const { source } = values;
  const count = sizeOf(readDataspace(spaceAt));
  if (count === 0) return [];
  const { kind, size } = readDatatype(typeAt);
  if (kind !== 'text' && kind !== 'long-text') throw source.wrong(`its attribute ${name} is not a text`);
  if (size === 0 || count * size > values.left) throw source.wrong(`its attribute ${name} ends too early`);
  if (kind === 'text') return Array.from({ length: count }, () => textIn(values.bytes(size)));
  return Array.from({ length: count }, () => {
    const length = values.uint(4);
    const [address, index] = [values.address(), values.uint(4)];
    return length === 0 ? '' : textIn(heap.object(address, index).subarray(0, length));
  });
}

/** A text ends at the first zero byte, or fills its place. */
function textIn(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
