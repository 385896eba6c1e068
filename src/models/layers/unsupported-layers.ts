/** Why layers of Keras have no stage. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ...reasonFor(
    'is a recurrent layer other than LSTM and GRU',
    'SimpleRNN RNN ConvLSTM1D ConvLSTM2D ConvLSTM3D CuDNNLSTM CuDNNGRU',
  ),
  ...reasonFor(
    'works on volumes, and stages on pictures',
    'Conv3D Conv3DTranspose MaxPooling3D AveragePooling3D GlobalAveragePooling3D GlobalMaxPooling3D ZeroPadding3D Cropping3D ' +
      'UpSampling3D',
  ),
  ...reasonFor('holds a program in Python, which sluice does not run', 'Lambda'),
]);

function reasonFor(reason: string, names: string): [string, string][] {
  return names.split(' ').map((name) => [name, reason]);
}

/** @internal Says why a layer cannot be converted. */
export function whyUnsupported(className: string): string {
  return REASONS.get(className) ?? 'is not supported';
}

/** @internal What to do with a model of which not every layer can become a stage. */
export const REMEDY =
  'To use the model as one stage, convert it to a graph model: tensorflowjs_converter --input_format=keras ' +
  '--output_format=tfjs_graph_model';
