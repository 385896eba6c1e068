import { importModel, tfliteModel, type AnyStage } from 'sluice';
import { tfliteSamples } from '../../models/tflite/tflite-samples.ts';
import type { FuzzTarget } from '../target.ts';

const quietly = { onWarning: () => undefined };

/** Files of floats and of whole numbers, as a pipeline and as a model with what its metadata states. */
export const tflite: FuzzTarget = {
  seeds: () => tfliteSamples().map((bytes) => ({ 'model.tflite': bytes })),
  async read(input) {
    const files = Object.entries(input).map(([name, bytes]) => new File([bytes as Uint8Array<ArrayBuffer>], name));
    const net = await tfliteModel(files, quietly);
    const { inputShape = [] } = net as AnyStage;
    net.outputShape(inputShape);
    await importModel(files, { ...quietly, outputKind: 'vector' });
  },
};
