import { Command } from 'commander';
import type { ModelChoice } from '../../models/model-choice.ts';
import { kindOptions, modelOptions } from './labelling.ts';

/** The command `sluice export`. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Writes a model with its weights as an ONNX file, for ONNX Runtime and other programs.')
    .argument('<file>', 'the file to write, such as model.onnx');
  return kindOptions(modelOptions(command))
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
    .action(async (file: string, choice: ModelChoice) => {
      const { exportOnnx } = await import('./export.ts');
      await exportOnnx(file, choice);
    });
}
