/** A message as a list of byte arrays, which are only joined at the end, so that large ones are copied once. */
export type Message = readonly Uint8Array[];

/** The fields of a message, one after the other. */
export function message(...fields: readonly Message[]): Message {
  return fields.flat();
}

/** An integer. A negative one takes ten bytes, as protobuf defines it. */
export function varint(id: number, value: number): Message {
  return [Uint8Array.from([...digits(id * 8), ...digits(value)])];
}

/** A message, bytes or text inside a message. */
export function field(id: number, content: Message): Message {
  const length = content.reduce((sum, piece) => sum + piece.length, 0);
  return [Uint8Array.from([...digits(id * 8 + 2), ...digits(length)]), ...content];
}

/** A string, as UTF-8. */
export function text(id: number, content: string): Message {
  return field(id, [new TextEncoder().encode(content)]);
}

/** A number in single precision. */
export function float(id: number, value: number): Message {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setFloat32(0, value, true);
  return [Uint8Array.from([...digits(id * 8 + 5), ...new Uint8Array(bytes.buffer)])];
}

/** The byte arrays joined to one. */
export function joined(pieces: Message): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** Seven bits in each byte, lowest first. The eighth bit is set when more bytes follow. */
function digits(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}
