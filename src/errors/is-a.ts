/** The built-in classes that are asked for. Types of the DOM are here so that `isA` can narrow to them. */
interface BuiltIns {
  ArrayBuffer: ArrayBuffer;
  Blob: Blob;
  File: File;
  Float32Array: Float32Array;
  HTMLCanvasElement: HTMLCanvasElement;
  HTMLVideoElement: HTMLVideoElement;
  ImageBitmap: ImageBitmap;
  Promise: Promise<unknown>;
  Uint8Array: Uint8Array;
  URL: URL;
}

/**
 * @internal Whether a value is of a built-in class. Unlike `instanceof`, this also recognizes values of another realm: of
 * another frame of the page, or of Node in a test that runs with jsdom.
 */
export function isA<Name extends keyof BuiltIns>(name: Name, value: unknown): value is BuiltIns[Name] {
  return Object.prototype.toString.call(value) === `[object ${name}]`;
}
