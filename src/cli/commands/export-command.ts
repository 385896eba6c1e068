import { Command } from 'commander';
import { loadModel, type ModelChoice } from '../../models/named-model.ts';
import { onnxPieces } from '../../onnx/write-onnx.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { modelOptions } from './labelling.ts';
import { printable } from '../printable.ts';
import { warn } from '../warn.ts';

/** `sluice export`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes a model with its weights as an ONNX file, which ONNX Runtime and many others read.')
    .argument('<file>', 'where to: model.onnx');
  return modelOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  sluice export mobilenet.onnx
  sluice export --model resnet50 --weights w.safetensors resnet50.onnx
  sluice export --model my-model/ mine.onnx     a model of Teachable Machine,
                                                Keras or TensorFlow.js

Its input and its output are float32: [batch, height, width, channels] as here,
and [batch, classes]. How pictures are to be prepared (preprocess) and the
classes' names (labels) are in its metadata, as JSON.

Exit codes: 0 it is there, 1 it could not be written, 2 wrong usage.`,
    )
    .action((file: string, choice: ModelChoice) => exportOnnx(file, choice));
}

async function exportOnnx(file: string, choice: ModelChoice): Promise<void> {
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
  process.stderr.write(`sluice: ${printable(file)}: ${pipeline.name} as ONNX, ${(bytes / 1e6).toFixed(1)} MB\n`);
}
