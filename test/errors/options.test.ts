import { Readable } from 'node:stream';
import { EMPTY } from 'rxjs';
import { describe, expect, it, test } from 'vitest';
import * as sluice from 'sluice';
import * as node from 'sluice/node';
import * as browser from 'sluice/browser';
import * as testing from 'sluice/testing';
import { checkOptions, type OptionNames } from '../../src/errors/check-options.ts';

type Call = (options: never) => unknown;

const relu = sluice.activation('relu');
const element = {} as never;
const url = new URL('file:///none/model.json');
const pixels = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } satisfies sluice.Pixels;
const segmented: sluice.Segmentation = { form: 'classes', regions: [], unseen: 0, picture: { width: 1, height: 1 } };
const result = { source: 'clip.mp4', seq: 0, timestamp: 0, classes: [] };
const model: sluice.Model = {
  name: 'tiny',
  preprocess: { width: 2, height: 2, range: [0, 1] },
  pipeline: sluice.pipeline({ inputShape: [1, 2, 2, 3] }, sluice.globalAvgPool(), sluice.softmax()),
  task: sluice.classification(),
  labels: ['a', 'b', 'c'],
};
const painter: sluice.Model<sluice.PaintedPicture> = {
  ...model,
  pipeline: sluice.pipeline({ inputShape: [1, 2, 2, 3] }, relu as never),
  task: sluice.picture({ range: [0, 1] }),
  labels: [],
};
const pictures = { width: 8, height: 8, range: [0, 1] };
const corners = [
  { x: 0, y: 0 },
  { x: 9, y: 0 },
  { x: 9, y: 9 },
];

/** Functions that take options: the options of a good call (or none), a misspelt option, and the option it resembles. */
const CHECKED: Readonly<Record<string, readonly [call: Call, good: object, misspelt: string, nearest: string]>> = {
  frameSource: [(options) => sluice.frameSource([], options), { source: 'list' }, 'maxInflight', 'maxInFlight'],
  batch: [(options) => sluice.batch(options), { size: 2 }, 'maxwait', 'maxWait'],
  window: [(options) => sluice.window(options), { size: 2 }, 'padend', 'padEnd'],
  branch: [(options) => sluice.branch(options), { through: sluice.markDelivered() }, 'max_in_flight', 'maxInFlight'],
  inOrder: [(options) => sluice.inOrder(1, async () => 1, options), {}, 'chek', 'check'],
  embedding: [(options) => sluice.embedding(options), {}, 'normalise', 'normalize'],
  similarTo: [(options) => sluice.similarTo({ a: [1] }, options), {}, 'minscore', 'minScore'],
  overlay: [
    (options) =>
      sluice.overlay(
        { canvas: {} } as never,
        { boxes: [], picture: { width: 1, height: 1 } },
        sluice.detection(),
        options,
      ),
    {},
    'clean',
    'clear',
  ],
  yoloWriter: [(options) => sluice.yoloWriter(options), {}, 'score', 'scores'],
  imagesOut: [(options) => node.imagesOut('pictures', options), {}, 'qualty', 'quality'],
  masksOut: [(options) => node.masksOut('out', options), {}, 'backgrond', 'background'],
  videoOut: [(options) => node.videoOut('out.mp4', options), {}, 'ffmpegs', 'ffmpeg'],
  crops: [(options) => sluice.crops(sluice.classify({}) as never, options), {}, 'margins', 'margin'],
  classification: [(options) => sluice.classification(options), {}, 'outputkind', 'outputKind'],
  asyncStage: [
    (options) => sluice.asyncStage(options),
    { spec: { op: 'a' }, outputShape: () => [1], kernel: () => () => undefined },
    'inflight',
    'inFlight',
  ],
  sampleFrames: [(options) => sluice.sampleFrames(options), { fps: 5 }, 'fsp', 'fps'],
  whenChanged: [(options) => sluice.whenChanged(options), {}, 'treshold', 'threshold'],
  tapActivations: [(options) => sluice.tapActivations(relu, options), {}, 'evry', 'every'],
  zipLatest: [
    (options) =>
      sluice.zipLatest(sluice.frameSource([], { source: 'a' }), sluice.frameSource([], { source: 'b' }), options),
    {},
    'tolerence',
    'tolerance',
  ],
  timingReport: [(options) => sluice.timingReport(options), {}, 'periods', 'period'],
  toTensor: [(options) => sluice.toTensor(options), {}, 'channel', 'channels'],
  resize: [(options) => sluice.resize(options), { width: 8, height: 8 }, 'fitt', 'fit'],
  normalize: [(options) => sluice.normalize(options), { range: [0, 1] }, 'ranges', 'range'],
  preprocess: [(options) => sluice.preprocess(options), pictures, 'channel', 'channels'],
  writeOnnx: [(options) => sluice.writeOnnx(relu, options), { inputShape: [1, 2] }, 'inputshape', 'inputShape'],
  useEngine: [(options) => sluice.useEngine('cpu', options), {}, 'thread', 'threads'],
  rawFrames: [
    (options) => node.rawFrames(Readable.from([]), options),
    { width: 1, height: 1, channels: 3, fps: 5 },
    'chanels',
    'channels',
  ],
  images: [(options) => node.images([], options), {}, 'reszie', 'resize'],
  'videoFile (Node)': [(options) => node.videoFile('clip.mp4', options), {}, 'readahead', 'readAhead'],
  'videoFile (browser)': [(options) => browser.videoFile(element, options), {}, 'starts', 'start'],
  webcam: [(options) => browser.webcam(options), {}, 'facing', 'facingMode'],
  videoElement: [(options) => browser.videoElement(element, options), {}, 'flipp', 'flip'],
  canvas: [(options) => browser.canvas(element, options), {}, 'framerate', 'frameRate'],
  imageFiles: [(options) => browser.imageFiles([], options), {}, 'onwarning', 'onWarning'],
  fakeCamera: [(options) => testing.fakeCamera(options), { fps: 5, seconds: 1 }, 'second', 'seconds'],
  fakeFile: [(options) => testing.fakeFile(options), { fps: 5, seconds: 1 }, 'fsp', 'fps'],
  aggregate: [(options) => sluice.aggregate('second', options), {}, 'tpo', 'top'],
  classify: [(options) => sluice.classify(options), {}, 'lables', 'labels'],
  smooth: [(options) => sluice.smooth(options), { halfLife: 100 }, 'halflife', 'halfLife'],
  infer: [(options) => sluice.infer(model, options), {}, 'inflight', 'inFlight'],
  'inferOne (Node)': [(options) => node.inferOne(model, pixels, options), {}, 'topp', 'top'],
  'classifyOne (Node)': [(options) => node.classifyOne(model, pixels, options), {}, 'minscore', 'minScore'],
  'inferOne (browser)': [(options) => browser.inferOne(model, pixels, options), {}, 'topp', 'top'],
  'classifyOne (browser)': [(options) => browser.classifyOne(model, pixels, options), {}, 'minscore', 'minScore'],
  inWorker: [(options) => browser.inWorker(model, options), {}, 'engin', 'engine'],
  csvWriter: [(options) => sluice.csvWriter(options), {}, 'spreadsheets', 'spreadsheet'],
  jsonWriter: [(options) => sluice.jsonWriter(options), {}, 'timing', 'timings'],
  ndjsonWriter: [(options) => sluice.ndjsonWriter(options), {}, 'timing', 'timings'],
  toNdjson: [(options) => sluice.toNdjson(result, options), {}, 'timing', 'timings'],
  srtWriter: [(options) => sluice.srtWriter(options), {}, 'tasks', 'task'],
  webvttWriter: [(options) => sluice.webvttWriter(options), {}, 'tasks', 'task'],
  resultFormat: [(options) => node.resultFormat('csv', options), {}, 'agregated', 'aggregated'],
  loadParquet: [async (options) => (await node.loadParquet())(options), {}, 'agregated', 'aggregated'],
  foldBatchNorm: [(options) => sluice.foldBatchNorm(relu, options), { inputShape: [1, 2] }, 'inputshape', 'inputShape'],
  fromSpec: [(options) => sluice.fromSpec(relu.spec, options), {}, 'seeds', 'seed'],
  importModel: [(options) => sluice.importModel(url, options), {}, 'lables', 'labels'],
  layersModel: [(options) => sluice.layersModel(url, options), {}, 'outputs', 'output'],
  onnxModel: [(options) => sluice.onnxModel(url, options), {}, 'outputs', 'output'],
  tfliteModel: [(options) => sluice.tfliteModel(url, options), {}, 'outputs', 'output'],
  graphModel: [(options) => sluice.graphModel(url, options), {}, 'outputs', 'output'],
  act: [(options) => sluice.act(options), {}, 'outputkind', 'outputKind'],
  detection: [(options) => sluice.detection(options), {}, 'multilabel', 'multiLabel'],
  segmentation: [(options) => sluice.segmentation(options), {}, 'aligncorners', 'alignCorners'],
  classMap: [(options) => sluice.classMap(segmented, options), {}, 'none_', 'none'],
  outlines: [(options) => sluice.outlines(segmented, options), {}, 'tolerence', 'tolerance'],
  track: [(options) => sluice.track(options), {}, 'keepfor', 'keepFor'],
  countCrossings: [(options) => sluice.countCrossings(options), { line: corners }, 'ancor', 'anchor'],
  inZone: [(options) => sluice.inZone(options), { polygon: corners }, 'margins', 'margin'],
  whenLabel: [(options) => sluice.whenLabel('cat', options), {}, 'goen', 'gone'],
  keypoints: [(options) => sluice.keypoints(options), {}, 'edge', 'edges'],
  smoothKeypoints: [(options) => sluice.smoothKeypoints(options), {}, 'mincutoff', 'minCutoff'],
  picture: [(options) => sluice.picture(options), { range: [0, 1] }, 'channelorder', 'channelOrder'],
  repaint: [(options) => sluice.repaint(painter, options), {}, 'tiles', 'tile'],
  modelFrom: [
    (options) => sluice.modelFrom(model.pipeline, model.preprocess, options),
    { labels: url },
    'seeds',
    'seed',
  ],
  modelPath: [(options) => node.modelPath('coco-ssd', options), {}, 'cach', 'cache'],
  pullModel: [(options) => node.pullModel('coco-ssd', options), {}, 'forse', 'force'],
  quantize: [(options) => node.quantize(model, EMPTY, options), {}, 'maxloss', 'maxLoss'],
  labelFiles: [(options) => node.labelFiles(['clip.mp4'], options), {}, 'worker', 'workers'],
  flip: [(options) => sluice.flip(options), {}, 'horizontaly', 'horizontal'],
  randomCrop: [(options) => sluice.randomCrop(options), { width: 8, height: 8 }, 'pading', 'padding'],
  jitter: [(options) => sluice.jitter(options), {}, 'brighness', 'brightness'],
  rotate: [(options) => sluice.rotate(options), { degrees: 10 }, 'degree', 'degrees'],
  fit: [(options) => sluice.fit(model, [], options), {}, 'batchsize', 'batchSize'],
  features: [(options) => sluice.features(model, options), {}, 'normalise', 'normalize'],
  transfer: [(options) => sluice.transfer(model, ['a', 'b'], options), {}, 'trainables', 'trainable'],
  evaluate: [(options) => sluice.evaluate(options), { labels: ['a', 'b'] }, 'resample', 'resamples'],
  replay: [(options) => testing.replay([], options), { source: 'list' }, 'maxage', 'maxAge'],
};

/** Stages: their options are checked by `stage()`; the tables are in test/conformance/refusals.test.ts and test/training/losses/. */
const STAGES =
  'activation arithmetic avgPool batchNorm binaryCrossEntropy concatenate conv2d conv2dTranspose crop crossEntropy dense ' +
  'depthToSpace depthwiseConv2d dropout fakeQuantize flatten globalAvgPool globalMaxPool graph groupNorm gru l2Pool localResponseNorm ' +
  'lstm maxPool meanSquaredError pad pipeline reduce reshape residual separableConv2d slice softmax stage transpose ' +
  'upsample zeroPad';

/** Functions without options. */
const PLAIN =
  'cocoWriter drawResults motWriter ' +
  'currentEngine decisionsOf describeFrame inVirtualTime labelled marbles regression ' +
  'markDelivered maskOf outputs readLabels readModel readSafetensors releaseModels reportHtml ' +
  'segments busy takes taskFromSpec timeline toChromeTrace unbatch userTiming withPicture withSafetensors withSeed withTorchWeights ' +
  'writeModel writeSafetensors writeWith';

/** What a call throws, or what its promise rejects with. */
async function thrownBy(call: Call, options: unknown): Promise<unknown> {
  try {
    await call(options as never);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(Object.entries(CHECKED))('%s', (_name, [call, good, misspelt, nearest]) => {
  it(`has no option ${misspelt}, but ${nearest}`, async () => {
    const error = await thrownBy(call, { ...good, [misspelt]: 1 });
    expect(error).toBeInstanceOf(sluice.OptionError);
    expect(String(error)).toContain(` has no option "${misspelt}": did you mean ${nearest}?`);
  });
  it('takes an undefined option for none, whatever its name', async () => {
    expect(String(await thrownBy(call, { ...good, [misspelt]: undefined }))).not.toContain('has no option');
  });
  it.each([[null], ['a text'], [3], [[]], [() => 1]])('refuses options that are %o', async (options) => {
    const error = await thrownBy(call, options);
    expect(error).toBeInstanceOf(sluice.OptionError);
    expect(String(error)).toMatch(/must be/);
  });
});

test('every exported function is in one of the lists above, and in one only', () => {
  const isFunction = ([, value]: [string, unknown]) =>
    typeof value === 'function' && !String(value).startsWith('class ');
  const exported = [sluice, node, browser, testing].flatMap((entry) => Object.entries(entry).filter(isFunction));
  const names = new Set(exported.map(([name]) => name));
  const listed = [...Object.keys(CHECKED).map((name) => name.split(' ')[0]), ...`${STAGES} ${PLAIN}`.split(' ')];
  expect(new Set(listed)).toEqual(names);
  expect(listed.length).toBe(new Set(listed).size + 3); // `videoFile`, `inferOne` and `classifyOne` are two functions each.
});

describe('options inside of options', () => {
  const frames = (options: object) => sluice.frameSource([], { source: 'list', ...options });
  it.each<[string, () => unknown, string]>([
    ['profile', () => frames({ profile: { evry: 2 } }), 'profile of list has no option "evry": did you mean every?'],
    ['profile as a number', () => frames({ profile: 5 }), 'profile of list: its options must be an object'],
    [
      'resize of a source',
      () => node.videoFile('clip.mp4', { resize: { width: 8, height: 8, fitt: 'fill' } as never }),
      'resize has no option "fitt": did you mean fit?',
    ],
    ['resize as a number', () => node.images([], { resize: 8 as never }), 'resize: its options must be an object'],
    ['resize as null', () => node.images([], { resize: null as never }), 'resize: its options must be an object'],
    [
      'the second branch',
      () =>
        sluice.branch({ through: sluice.markDelivered() }, {
          through: sluice.markDelivered(),
          polices: 'latest',
        } as never),
      'branch 2 has no option "polices": did you mean policy?',
    ],
  ])('%s', (_what, make, message) => {
    expect(make).toThrow(sluice.OptionError);
    expect(make).toThrow(message);
  });
  it('a source takes all options of preprocess as its resize', () => {
    const resize = { ...pictures, channels: 1 } as never;
    expect(node.videoFile('clip.mp4', { resize }).name).toBe('clip.mp4');
  });
});

describe('an option of another engine', () => {
  it.each([
    ['executionProviders', { executionProviders: ['cpu'] }],
    ['runtime', { runtime: {} as never }],
  ])('%s is for onnxruntime', async (option, options) => {
    const chosen = sluice.useEngine('cpu', options);
    await expect(chosen).rejects.toBeInstanceOf(sluice.OptionError);
    await expect(chosen).rejects.toThrow(`the option ${option} is for the engine onnxruntime, but cpu was chosen`);
  });
  it('threads and wasmPaths are ignored', async () => {
    const options = { threads: 1, wasmPaths: '/wasm/', runtime: undefined } as never;
    expect((await sluice.useEngine('cpu', options)).name).toBe('cpu');
  });
});

describe('checkOptions', () => {
  interface Example {
    readonly size?: number;
    readonly fit?: string;
  }
  const NAMES: OptionNames<Example> = { size: true, fit: true };
  it('passes what is known', () => {
    expect(checkOptions<Example>('example', { size: 1 }, NAMES)).toBeUndefined();
  });
  it('lists the options where none is near', () => {
    const check = () => checkOptions<Example>('example', { colour: 1 } as never, NAMES);
    expect(check).toThrow(/^example has no option "colour"; its options are size, fit$/);
  });
  it('does not compile with a name too few or too many', () => {
    // @ts-expect-error fit is missing
    const few: OptionNames<Example> = { size: true };
    // @ts-expect-error there is no option width
    const many: OptionNames<Example> = { size: true, fit: true, width: true };
    expect([few, many]).toHaveLength(2);
  });
  it('wants the names of all members of a union', () => {
    type Either = { readonly n: number } | { readonly fps: number };
    const both: OptionNames<Either> = { n: true, fps: true };
    // @ts-expect-error fps is missing
    const one: OptionNames<Either> = { n: true };
    expect(() => checkOptions<Either>('either', { fps: 1 }, both)).not.toThrow();
    expect(one).toEqual({ n: true });
  });
});
