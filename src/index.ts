// The public API, in the order data flows. Runs in Node and in the browser; what only Node has is in sluice/node.

export {
  describeFrame,
  EngineError,
  FrameReleasedError,
  OptionError,
  ShapeError,
  SluiceError,
  SourceError,
  StallError,
  StageError,
  TimestampError,
  type TimestampFault,
  WeightsError,
  WorkerError,
  type ErrorContext,
  type FrameLabel,
} from './errors.ts';
export { Frame, Lease, type LeaseOwner, type Outcome } from './frame.ts';

export { admit, Source, type FrameFailure } from './flow/admit.ts';
export type { AdmissionChanges, AdmissionOptions, Profile } from './flow/settings.ts';
export type { Arrival, Arrivals } from './flow/arrival.ts';
export type { DropCause, GateEvent } from './flow/gate-event.ts';
export { Ledger, type LedgerCounts } from './flow/ledger.ts';
export type { Policy } from './flow/policy.ts';
export { every, type EveryOptions } from './flow/every.ts';
export { batch, unbatch, type BatchOptions } from './flow/batch.ts';
export { branch, type Branch } from './flow/branch.ts';
export { inOrder, type InOrderOptions } from './flow/in-order.ts';
export { zipLatest, type ZipLatestOptions } from './flow/zip-latest.ts';
export { tapActivations, type Activations, type TapOptions, type Tapped } from './flow/tap-activations.ts';
export { deliver } from './flow/deliver.ts';

export type { Pixels } from './preprocess/pixels.ts';
export type { Fit, ResizeOptions } from './preprocess/fit.ts';
export { resize } from './preprocess/resize.ts';
export { toTensor, type ToTensorOptions } from './preprocess/to-tensor.ts';
export { normalize, type NormalizeOptions } from './preprocess/normalize.ts';
export { preprocess, type PreprocessOptions } from './preprocess/preprocess.ts';

export type { Padding, Pair, Shape, Sides } from './shape.ts';
export {
  stage,
  type AnyStage,
  type Elementwise,
  type Inner,
  type Json,
  type Kernel,
  type Part,
  type Spec,
  type Stage,
  type StageDefinition,
  type Step,
} from './stage.ts';
export type { Misfit } from './linked.ts';
export type { Summary, SummaryRow } from './summary.ts';
export { pipeline, type Pipeline, type PipelineOptions } from './pipeline.ts';
export type { NestedNumbers, Weight, Weights, WeightValue } from './weights.ts';

export { conv2d, type Conv2dOptions } from './stages/conv2d.ts';
export { depthwiseConv2d, type DepthwiseConv2dOptions } from './stages/depthwise-conv2d.ts';
export { separableConv2d, type SeparableConv2dOptions } from './stages/separable-conv2d.ts';
export { conv2dTranspose, type Conv2dTransposeOptions } from './stages/conv2d-transpose.ts';
export type { ConvolutionOptions } from './stages/convolution.ts';
export { batchNorm, type BatchNormOptions } from './stages/batch-norm.ts';
export { foldBatchNorm, type FoldOptions } from './stages/fold-batch-norm.ts';
export { localResponseNorm, type LocalResponseNormOptions } from './stages/local-response-norm.ts';
export { activation, type ActivationOptions } from './stages/activation.ts';
export type { Activation } from './stages/activate.ts';
export { maxPool } from './stages/max-pool.ts';
export { avgPool } from './stages/avg-pool.ts';
export { l2Pool, type L2PoolOptions } from './stages/l2-pool.ts';
export type { PoolOptions } from './stages/pool.ts';
export { globalAvgPool } from './stages/global-avg-pool.ts';
export { globalMaxPool } from './stages/global-max-pool.ts';
export type { GlobalPoolOptions } from './stages/global-pool.ts';
export { zeroPad, type ZeroPadOptions } from './stages/zero-pad.ts';
export { crop, type CropOptions } from './stages/crop.ts';
export { upsample, type UpsampleOptions } from './stages/upsample.ts';
export { dropout, type DropoutOptions } from './stages/dropout.ts';
export { reshape, type ReshapeOptions } from './stages/reshape.ts';
export { flatten, type FlattenOptions } from './stages/flatten.ts';
export { dense, type DenseOptions } from './stages/dense.ts';
export { softmax, type SoftmaxOptions } from './stages/softmax.ts';
export { residual, type PictureStage, type ResidualOptions } from './stages/residual.ts';
export { concat, type ConcatOptions } from './stages/concat.ts';
export { graph, type GraphOptions } from './stages/graph.ts';
export type { GraphNode, Merge } from './stages/graph-nodes.ts';
export { fromSpec, type FromSpecOptions, type StageMaker } from './stages/from-spec.ts';

export { classify, type Classification, type ClassifyOptions } from './classify/classify.ts';
export type { Class } from './classify/top-classes.ts';
export { smooth, type SmoothOptions } from './classify/smooth.ts';
export { aggregate } from './classify/aggregate.ts';
export type { Aggregate, AggregateOptions, Span } from './classify/open-span.ts';
export { segments } from './classify/segments.ts';
export type { Segment } from './classify/open-segment.ts';
export type { Result } from './classify/result.ts';

export { ndjsonWriter, toNdjson } from './sinks/ndjson.ts';
export { jsonWriter } from './sinks/json.ts';
export { csvWriter, type CsvOptions } from './sinks/csv.ts';
export { webvttWriter } from './sinks/webvtt.ts';
export { srtWriter } from './sinks/srt.ts';
export { written, type ResultWriter } from './sinks/result-writer.ts';

export type { DeviceTimes, StageTiming, TimingMethod, Trace } from './timing/passport.ts';
export { timingReport, type Timed, type TimingReport } from './timing/timing-report.ts';
export type { Percentiles } from './timing/histogram.ts';
export type { StageTimes } from './timing/stage-times.ts';
export { toChromeTrace, type ChromeTrace, type TracedResult, type TraceEvent } from './timing/chrome-trace.ts';
export { userTiming } from './timing/user-timing.ts';
export { warmUps, type WarmUp } from './warm-ups.ts';
export { currentEngine } from './engines/current-engine.ts';
export { useEngine, type Engine, type EngineName, type EngineOptions } from './engines/engine.ts';

export type { Network } from './models/network.ts';
export { networkFrom, type NetworkFiles } from './models/network-from.ts';
export { importModel, type ImportOptions } from './models/import-model.ts';
export { layersModel, type LayersModelOptions } from './models/layers/layers-model.ts';
export { graphModel, type GraphModelOptions } from './models/graph/graph-model.ts';
export { NamedTensors } from './models/graph/named-tensors.ts';
export type { ModelSource } from './models/tfjs/model-files.ts';
export { readSafetensors, writeSafetensors } from './models/safetensors.ts';
export { readModel, writeModel } from './models/model-file.ts';
export { writeOnnx, type WriteOnnxOptions } from './onnx/write-onnx.ts';
export { withSafetensors } from './models/with-safetensors.ts';
export { withSeed } from './models/with-seed.ts';
export { readLabels } from './models/labels.ts';
export { describeUrl, loadBytes } from './models/load-bytes.ts';
