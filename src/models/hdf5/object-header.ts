import type { Block } from './block.ts';
import type { FileBytes } from './file-bytes.ts';

/** @internal The types of messages that sluice reads. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** @internal One fact about a group or a dataset. */
export interface Message {
  readonly type: number;
  readonly body: Block;
}

/** The most messages of an object. */
const MAX_MESSAGES = 100_000;

/** @internal Reads all messages of the object at an address. Throws `WeightsError`. */
export function readMessages(source: FileBytes, address: number): readonly Message[] {
  const isNew = source.block(address, 4).bytes(4)[0] === 'O'.codePointAt(0);
  const messages: Message[] = [];
  const header = isNew ? newHeader(source, address) : oldHeader(source, address);
  /** The blocks that are left to read. Each message of the type `continuation` adds one. */
  const blocks = [header.block];
  for (let block = blocks.shift(); block; block = blocks.shift()) {
    while (block.left >= header.prefix) {
      const type = block.uint(isNew ? 1 : 2);
      const size = block.uint(2);
      const flags = block.uint(1);
      const body = block.skip(header.prefix - (isNew ? 4 : 5)).part(size);
      if (messages.length >= MAX_MESSAGES) throw source.wrong(`one of its objects has over ${MAX_MESSAGES} messages`);
      source.spend(64);
      if (type === MESSAGE.continuation) {
        const [at, length] = [body.address(), body.length()];
        const more = source.block(at, length);
        blocks.push(isNew ? more.signature('OCHK').part(more.left - CHECKSUM) : more);
      } else if ((flags & SHARED) !== 0) {
        if (NEEDED.has(type)) throw source.unsupported('a data type that several datasets share');
      } else messages.push({ type, body });
    }
  }
  return messages;
}

const CHECKSUM = 4;
const SHARED = 2;
const NEEDED: ReadonlySet<number> = new Set([MESSAGE.dataspace, MESSAGE.datatype, MESSAGE.filters, MESSAGE.attribute]);

function oldHeader(source: FileBytes, address: number) {
  const start = source.block(address, 16);
  start.version('an object header', [1]);
  const length = start.skip(7).uint(4);
  return { block: source.block(address + 16, length), prefix: 8 };
}

function newHeader(source: FileBytes, address: number) {
  const start = source.block(address, 6).signature('OHDR');
  start.version('an object header', [2]);
  const flags = start.uint(1);
  const sizeBytes = 2 ** (flags & 3);
  const before = 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
  const length = source.block(address + before, sizeBytes).uint(sizeBytes);
  return { block: source.block(address + before + sizeBytes, length), prefix: flags & 4 ? 6 : 4 };
}
