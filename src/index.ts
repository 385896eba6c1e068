/**
 * The library: frames, the gate, stages, models, engines and writers, in the order in which data flows. It runs in Node and
 * in browsers.
 *
 * @module sluice
 */

export { describeFrame, type FrameLabel, type Target, type WeightedTarget } from './errors/frame-label.ts';
export { TimestampError, type TimestampFault } from './errors/timestamp-error.ts';
export {
  EngineError,
  FrameReleasedError,
  OptionError,
  ShapeError,
  SluiceError,
  SourceError,
  StallError,
  StageError,
  TrainingError,
  WeightsError,
  WorkerError,
  type ErrorContext,
} from './errors/errors.ts';
export type { ErrorCode } from './errors/error-code.ts';
export { Frame } from './frames/frame.ts';
export type { PictureView, Rectangle, Size } from './frames/picture-view.ts';
export { Lease, type Outcome } from './frames/lease.ts';

export { frameSource, Source, type FrameFailure } from './flow/gate/frame-source.ts';
export type { FrameSourceChanges, FrameSourceOptions, Profile } from './flow/gate/settings.ts';
export type { Arrival, Arrivals } from './flow/gate/arrival.ts';
export type { DropCause, GateEvent } from './flow/gate/gate-event.ts';
export { Ledger, type LedgerCounts } from './flow/gate/ledger.ts';
export type { Policy } from './flow/gate/policy.ts';
export { sampleFrames, type SampleFramesOptions } from './flow/operators/sample-frames.ts';
export { whenChanged, type WhenChangedOptions } from './flow/operators/when-changed.ts';
export { batch, unbatch, type BatchOptions } from './flow/operators/batch.ts';
export { window, type Windowed, type WindowOptions } from './flow/operators/window.ts';
export { branch, type Branch } from './flow/operators/branch.ts';
export { inOrder, type InOrderOptions } from './flow/operators/in-order.ts';
export { withPicture, type PictureResult } from './flow/operators/with-picture.ts';
export { zipLatest, type ZipLatestOptions } from './flow/operators/zip-latest.ts';
export { tapActivations, type Activations, type TapOptions, type Tapped } from './flow/operators/tap-activations.ts';
export { labelled } from './flow/operators/labelled.ts';
export { markDelivered } from './flow/operators/mark-delivered.ts';

export type { Pixels } from './stage/pixels.ts';
export type { FrameData, Picture } from './stage/picture.ts';
export type { Fit, ResizeMethod, ResizeOptions } from './preprocess/fit.ts';
export { resize } from './preprocess/resize.ts';
export { toTensor, type ChannelOrder, type Layout, type ToTensorOptions } from './preprocess/to-tensor.ts';
export { normalize } from './preprocess/normalize.ts';
export { preprocess, type PreprocessOptions } from './preprocess/preprocess.ts';
export { presets, type Preset, type PresetName } from './preprocess/presets.ts';

export type { Pair, Shape, Sides } from './stage/shape.ts';
export type { Padding } from './stage/window.ts';
export { stage } from './stages/define-stage.ts';
export type { StageDefinition } from './stages/stage-definition.ts';
export type {
  AnyStage,
  AsyncKernel,
  Asynchronous,
  Elementwise,
  Json,
  Kernel,
  Spec,
  Stage,
  Step,
} from './stage/stage.ts';
export type { Misfit, PipeMisfit } from './stage/misfit.ts';
export type { Summary, SummaryRow } from './stage/summary.ts';
export { pipeline, type Pipeline, type PipelineOptions } from './stages/pipeline.ts';
export type { TrainingPass } from './stage/training-pass.ts';
export type { NestedNumbers, Weight, Weights, WeightValue } from './stage/weights.ts';

export { conv2d, type Conv2dOptions } from './stages/conv2d.ts';
export { depthwiseConv2d, type DepthwiseConv2dOptions } from './stages/depthwise-conv2d.ts';
export { separableConv2d, type SeparableConv2dOptions } from './stages/separable-conv2d.ts';
export { conv2dTranspose, type Conv2dTransposeOptions } from './stages/conv2d-transpose.ts';
export type { ConvolutionOptions } from './stages/convolution.ts';
export { batchNorm, type BatchNormOptions } from './stages/batch-norm.ts';
export { foldBatchNorm, type FoldOptions } from './models/fold-batch-norm.ts';
export { localResponseNorm, type LocalResponseNormOptions } from './stages/local-response-norm.ts';
export { activation, type ActivationOptions } from './stages/activation.ts';
export type { Activation, RecurrentActivation } from './stage/activations.ts';
export type { MathFunction } from './stage/math-functions.ts';
export { groupNorm, type GroupNormOptions } from './stages/group-norm.ts';
export { gru, type GruOptions } from './stages/gru.ts';
export { lstm, type LstmOptions } from './stages/lstm.ts';
export type { RecurrentOptions } from './stages/recurrence.ts';
export { arithmetic, type ArithmeticOptions } from './stages/arithmetic.ts';
export { reduce, type ReduceOptions } from './stages/reduce.ts';
export { maxPool } from './stages/max-pool.ts';
export { avgPool } from './stages/avg-pool.ts';
export { l2Pool, type L2PoolOptions } from './stages/l2-pool.ts';
export type { PoolOptions } from './stages/pool.ts';
export { globalAvgPool } from './stages/global-avg-pool.ts';
export { globalMaxPool } from './stages/global-max-pool.ts';
export type { GlobalPoolOptions } from './stages/global-pool.ts';
export { zeroPad, type ZeroPadOptions } from './stages/zero-pad.ts';
export { pad, type PadOptions } from './stages/pad.ts';
export { slice, type SliceOptions } from './stages/slice.ts';
export { depthToSpace, type DepthToSpaceOptions } from './stages/depth-to-space.ts';
export { crop, type CropOptions } from './stages/crop.ts';
export { upsample, type UpsampleOptions } from './stages/upsample.ts';
export { dropout, type DropoutOptions } from './stages/dropout.ts';
export { reshape, type ReshapeOptions } from './stages/reshape.ts';
export { transpose, type TransposeOptions } from './stages/transpose.ts';
export { fakeQuantize, type FakeQuantizeOptions } from './stages/fake-quantize.ts';
export { flatten, type FlattenOptions } from './stages/flatten.ts';
export { dense, type DenseOptions } from './stages/dense.ts';
export { softmax, type SoftmaxOptions } from './stages/softmax.ts';
export { residual, type PictureStage, type ResidualOptions } from './stages/residual.ts';
export { concatenate, type ConcatenateOptions } from './stages/concatenate.ts';
export { graph, type GraphOptions } from './stages/graph.ts';
export type { GraphNode } from './stages/graph-nodes.ts';
export { asyncStage, type AsyncStageDefinition } from './stages/async-stage.ts';
export { fromSpec, type FromSpecOptions, type StageMaker } from './models/from-spec.ts';

export { classify, type ClassifyOptions } from './tasks/classification/classify.ts';
export type { Classification, ClassificationOptions } from './tasks/classification/class-scores.ts';
export type { ClassScore } from './tasks/classification/top-classes.ts';
export type { ClassOutputKind, ClassOutputs } from './tasks/classification/class-outputs.ts';
export { classification } from './tasks/classification/classification.ts';
export { regression, type Regression } from './tasks/regression/regression.ts';
export { outputs, type NamedOutput, type Outputs } from './tasks/outputs/outputs.ts';
export { embedding, type Embedding, type EmbeddingOutputs } from './tasks/embedding/embedding.ts';
export { similarTo, type Reference, type SimilarToOptions } from './tasks/embedding/similar-to.ts';
export { crops, type CroppedBox, type CroppedDetection, type CropsOptions } from './tasks/detection/crops.ts';
export { detection } from './tasks/detection/detection.ts';
export type { DetectedBox, Detection } from './tasks/detection/detected-box.ts';
export type { DetectionHead, DetectionOutputs } from './tasks/detection/detection-outputs.ts';
export type { DetectionOptions } from './tasks/detection/detection-options.ts';
export { keypoints } from './tasks/keypoints/keypoints.ts';
export type { Keypoint, Keypoints, Pose } from './tasks/keypoints/pose.ts';
export type { KeypointHead, KeypointOutputs } from './tasks/keypoints/keypoint-outputs.ts';
export type { KeypointOptions } from './tasks/keypoints/keypoint-options.ts';
export { track } from './tasks/tracking/track.ts';
export type { TrackOptions } from './tasks/tracking/track-options.ts';
export { countCrossings, type CountCrossingsOptions } from './tasks/tracking/count-crossings.ts';
export type { Crossing, Crossings } from './tasks/tracking/crossing-count.ts';
export { inZone, type InZoneOptions } from './tasks/tracking/in-zone.ts';
export type { Zone, ZoneObject, ZoneStay } from './tasks/tracking/zone-watch.ts';
export type { PlaceOptions } from './tasks/tracking/place-options.ts';
export type { Anchor, PicturePoint } from './tasks/tracking/geometry.ts';
export { whenLabel, type WhenLabelOptions } from './tasks/tracking/when-label.ts';
export type { LabelEvent } from './tasks/tracking/label-watch.ts';
export { segmentation } from './tasks/segmentation/segmentation.ts';
export type { MapPlace, Region, Rle, Segmentation } from './tasks/segmentation/segmented.ts';
export type { SegmentationKind, SegmentationOutputs } from './tasks/segmentation/segmentation-outputs.ts';
export type { SegmentationOptions } from './tasks/segmentation/segmentation-options.ts';
export { classMap, type ClassMapOptions } from './tasks/segmentation/class-map.ts';
export { maskOf } from './tasks/segmentation/mask-of.ts';
export { outlines, type Outline, type OutlinesOptions } from './tasks/segmentation/outlines.ts';
export type { Vertex } from './tasks/segmentation/trace-rings.ts';
export { smoothKeypoints, type SmoothKeypointsOptions } from './tasks/keypoints/smoothing/smooth-keypoints.ts';
export { picture } from './tasks/picture/picture.ts';
export type { PaintedPicture } from './tasks/picture/painted-picture.ts';
export type { PictureOutputs } from './tasks/picture/picture-outputs.ts';
export { overlay, type OverlayContext, type OverlayOptions } from './tasks/overlay.ts';
export { act } from './tasks/action/act.ts';
export type { ActOptions } from './tasks/action/act-options.ts';
export type { Action, ActionScore, ActOutputs } from './tasks/action/action.ts';
export { smooth, type SmoothOptions } from './tasks/classification/smooth.ts';
export { aggregate, type AggregateOptions } from './tasks/aggregate.ts';
export { segments } from './tasks/segments.ts';
export type { Span } from './tasks/open-span.ts';
export type { Segment } from './tasks/open-segment.ts';
export type { Aggregate, FrameResult, StoredResult } from './tasks/frame-result.ts';
export type { Aggregator, Caption, Column, OutputReader, Overlay, Row, Task, TaskSpec } from './tasks/task.ts';
export type { Canvas2d } from './tasks/canvas-2d.ts';
export { taskFromSpec } from './tasks/task-from-spec.ts';

export { ndjsonWriter, toNdjson, type JsonOptions } from './sinks/formats/ndjson.ts';
export { jsonWriter } from './sinks/formats/json.ts';
export { csvWriter, type CsvOptions } from './sinks/formats/csv.ts';
export { webvttWriter } from './sinks/formats/webvtt.ts';
export { srtWriter } from './sinks/formats/srt.ts';
export { cocoWriter } from './sinks/formats/coco.ts';
export { motWriter } from './sinks/formats/mot.ts';
export { yoloWriter, type YoloOptions } from './sinks/formats/yolo.ts';
export { writeWith, type OpenWriter, type ResultWriter } from './sinks/formats/result-writer.ts';
export type { WriterOptions } from './sinks/formats/writer-task.ts';

export type { StageTiming, TimingMethod } from './frames/trace.ts';
export { timingReport, type Timed, type TimingReport, type TimingReportOptions } from './timing/timing-report.ts';
export type { Percentiles } from './timing/histogram.ts';
export type { StageTimes } from './timing/stage-times.ts';
export { toChromeTrace, type ChromeTrace, type TracedResult, type TraceEvent } from './timing/chrome-trace.ts';
export { userTiming } from './timing/user-timing.ts';
export { warmUps, type WarmUp } from './engines/warm-ups.ts';
export { currentEngine } from './engines/current-engine.ts';
export { useEngine } from './engines/engine.ts';
export { releaseModels } from './engines/shared-pool.ts';

export type { Model } from './models/model.ts';
export { infer, type InferOptions } from './models/infer.ts';
export { repaint } from './models/repaint/repaint.ts';
export type { RepaintOptions, TileOptions } from './models/repaint/repaint-options.ts';
export { modelFrom, type ModelFiles, type ModelVariant } from './models/model-from.ts';
export { importModel } from './models/import-model.ts';
export type { OutputKind, OutputKindOptions } from './models/output-kind.ts';
export type { ModelWarningCode, OnModelWarning } from './models/model-warning.ts';
export type { ImportOptions, ImportOutputsOptions, ImportTaskOptions } from './models/readers/model-reader.ts';
export type { PreparationOptions } from './models/preparation.ts';
export { layersModel } from './models/layers/layers-model.ts';
export { type LayersModelOptions } from './models/layers/layers-model-options.ts';
export { onnxModel } from './models/onnx/onnx-model.ts';
export type { OnnxModelOptions } from './models/onnx/onnx-model-options.ts';
export type { RuntimeOptions } from './engines/onnxruntime/model-session.ts';
export { tfliteModel, type TfliteModelOptions } from './models/tflite/tflite-model.ts';
export { graphModel } from './models/graph/graph-model.ts';
export type { Constant, GraphModelOptions } from './models/graph/graph-model-options.ts';
export { NamedTensors } from './stage/named-tensors.ts';
export type { ModelSource } from './models/tfjs/model-files.ts';
export { readSafetensors, writeSafetensors } from './models/safetensors.ts';
export { readModel, writeModel } from './models/model-file.ts';
export { writeOnnx, type WriteOnnxOptions } from './onnx/write-onnx.ts';
export { withSafetensors } from './models/with-safetensors.ts';
export { withTorchWeights } from './models/with-torch-weights.ts';
export { withSeed } from './models/with-seed.ts';
export { readLabels } from './models/read-labels.ts';
export type { NormalizeOptions } from './stage/normalization.ts';
export type { Merge } from './stage/merge.ts';
export type { Engine, EngineName, EngineOptions } from './engines/engine-types.ts';

export { fit } from './training/fit.ts';
export type { FitOptions } from './training/fit-options.ts';
export type { FitProgress, Score } from './training/fit-progress.ts';
export type { EarlyStopping } from './training/early-stopping.ts';
export type { Trainable } from './training/trained-stages.ts';
export type { Loss } from './training/objective.ts';
export type { LearningRate, LearningRateSchedule, TrainingTime } from './training/learning-rate.ts';
export type { Optimizer } from './training/optimizers/optimizer.ts';
export type { Adam, AdamSettings, AdamW } from './training/optimizers/adam.ts';
export type { Momentum, Sgd } from './training/optimizers/sgd.ts';
export type { Example, Examples, ExampleStream, LabelledExample } from './training/examples/example.ts';
export { features } from './training/transfer/features.ts';
export { transfer, type Transfer, type TransferOptions } from './training/transfer/transfer.ts';
export { crossEntropy, type CrossEntropyOptions } from './training/losses/cross-entropy.ts';
export { binaryCrossEntropy, type BinaryCrossEntropyOptions } from './training/losses/binary-cross-entropy.ts';
export { meanSquaredError, type MeanSquaredErrorOptions } from './training/losses/mean-squared-error.ts';
export type { ClassLossOptions } from './training/losses/class-loss.ts';
export type { LossOptions } from './training/losses/loss.ts';
export type { AugmentOptions } from './training/augment/map-pixels.ts';
export { flip, type FlipOptions } from './training/augment/flip.ts';
export { randomCrop, type RandomCropOptions } from './training/augment/random-crop.ts';
export { jitter, type JitterOptions } from './training/augment/jitter.ts';
export { rotate, type RotateOptions } from './training/augment/rotate.ts';

export { evaluate } from './evaluation/evaluate.ts';
export type { EvaluateOptions } from './evaluation/evaluate-options.ts';
export type { CalibrationBin, ClassEvaluation, Estimate, Evaluation, Mistake } from './evaluation/evaluation.ts';
