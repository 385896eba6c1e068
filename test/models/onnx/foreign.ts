import { writeModel, type Beside, type OnnxGraph } from '../../../src/onnx/onnx-model.ts';
import { joined } from '../../../src/onnx/protobuf.ts';

/** A graph as a file of another program: of files of its own, sluice knows that their pictures have the channels last. */
export function foreign(graph: OnnxGraph, beside?: Beside): Uint8Array<ArrayBuffer> {
  const bytes = joined(writeModel(graph, beside)) as Uint8Array<ArrayBuffer>;
  const at = new TextDecoder('latin1').decode(bytes.subarray(0, 40)).indexOf('sluice');
  bytes.set(new TextEncoder().encode('others'), at);
  return bytes;
}
