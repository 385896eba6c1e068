import { loadModel } from '../../models/named-model.ts';
import type { ModelChoice } from '../../models/model-choice.ts';
import { onnxPieces } from '../../onnx/write-onnx.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { note, warn } from '../messages.ts';

/** Writes a model as an ONNX file. */
export async function exportOnnx(file: string, choice: ModelChoice): Promise<void> {
  const { pipeline, preprocess, labels } = await loadModel(choice, warn);
  const metadata = { preprocess: JSON.stringify(preprocess), labels: JSON.stringify(labels) };
  const pieces = onnxPieces(pipeline, { metadata });
  const out = new OutputFile(file);
  try {
    for (const piece of pieces) out.write(piece);
    out.commit();
  } finally {
    out.discard();
  }
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  note(`${file}: ${pipeline.name} as ONNX, ${(bytes / 1e6).toFixed(1)} MB`);
}
