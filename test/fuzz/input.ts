/** The files of one input, by name. */
export type Input = Readonly<Record<string, Uint8Array>>;

/** Text as the bytes of a file. */
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Reads a file of an input as text. */
export const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
