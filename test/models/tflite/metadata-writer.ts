import { Builder } from 'flatbuffers';
import { zipSync } from 'fflate';
import { list } from './tflite-writer.ts';

/** What a model's metadata states. */
export interface Stated {
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  /** The name of a file with labels, one on each line. */
  readonly labels?: string;
}

/** The metadata of a model, as the schema of TensorFlow Lite Support has it. */
export function metadataBytes({ mean, std, labels }: Stated): Uint8Array {
  const b = new Builder(256);
  const offsets = (values: readonly number[]) => list(b, 4, values, (value) => b.addOffset(value));
  const floats = (values: readonly number[]) => list(b, 4, values, (value) => b.addFloat32(value));
  const table = (fields: Readonly<Record<number, number>>, bytes: Readonly<Record<number, number>> = {}) => {
    b.startObject(8);
    for (const [field, at] of Object.entries(fields)) b.addFieldOffset(Number(field), at, 0);
    for (const [field, value] of Object.entries(bytes)) b.addFieldInt8(Number(field), value, 0);
    return b.endObject();
  };
  const steps = mean && std ? { 4: offsets([table({ 1: table({ 0: floats(mean), 1: floats(std) }) }, { 0: 1 })]) } : {};
  const files = labels === undefined ? {} : { 6: offsets([table({ 0: b.createString(labels) }, { 2: 2 })]) };
  const [inputs, outputs] = [offsets([table(steps)]), offsets([table(files)])];
  b.finish(table({ 3: offsets([table({ 2: inputs, 3: outputs })]) }), 'M001');
  return new Uint8Array(b.asUint8Array());
}

/** A model with a zip archive behind it, whose places count from the beginning of the file. */
export function withArchive(model: Uint8Array, entries: Readonly<Record<string, Uint8Array>>): Uint8Array<ArrayBuffer> {
  const archive = new Uint8Array(zipSync(entries));
  const view = new DataView(archive.buffer);
  const end = archive.length - 22;
  const move = (at: number) => view.setUint32(at, view.getUint32(at, true) + model.length, true);
  let entry = view.getUint32(end + 16, true);
  for (let n = view.getUint16(end + 10, true); n > 0; n--) {
    move(entry + 42);
    entry +=
      46 + view.getUint16(entry + 28, true) + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true);
  }
  move(end + 16);
  const whole = new Uint8Array(model.length + archive.length);
  whole.set(model);
  whole.set(archive, model.length);
  return whole;
}
