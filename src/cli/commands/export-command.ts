import { Command } from 'commander';
import { loadModel } from '../../models/named-model.ts';
import type { ModelChoice } from '../../models/model-choice.ts';
import { onnxPieces } from '../../onnx/write-onnx.ts';
import { OutputFile } from '../../sinks/files/output-file.ts';
import { modelOptions } from './labelling.ts';
import { note, warn } from '../messages.ts';

/** The command `sluice export`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes a model with its weights as an ONNX file, for ONNX Runtime and other programs.')
    .argument('<file>', 'the file to write, such as model.onnx');
  return modelOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  sluice export mobilenet.onnx
  sluice export --model resnet50 --weights w.safetensors resnet50.onnx
  sluice export --model my-model/ mine.onnx     a Teachable Machine, Keras or
                                                TensorFlow.js model

The input is float32 [batch, height, width, channels]; the output is float32
[batch, classes]. The metadata of the file holds the preprocessing (preprocess)
and the class names (labels) as JSON.

Exit codes: 0 the file was written, 1 it could not be written, 2 wrong usage.`,
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
  note(`${file}: ${pipeline.name} as ONNX, ${(bytes / 1e6).toFixed(1)} MB`);
}
