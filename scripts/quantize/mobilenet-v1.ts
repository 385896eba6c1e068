// Makes the bundled MobileNet v1 with integers of 8 bits, calibrated on every third frame of the sample.
import { writeFileSync } from 'node:fs';
import { sampleFrames, useEngine, writeOnnx } from 'sluice';
import { quantize, videoFile } from 'sluice/node';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

const FILE = 'pipelines/mobilenet-v1-int8/weights.onnx';

// One thread adds in the same order on each machine.
await useEngine('wasm', { threads: 1 });
const model = await mobilenetV1();
const frames = videoFile('samples/cockatoo.mp4', { resize: model.preprocess, threads: 1 }).pipe(sampleFrames({ n: 3 }));
const { model: small, report } = await quantize(model, frames);
const { pipeline, preprocess, labels } = small;
const bytes = writeOnnx(pipeline, {
  metadata: { preprocess: JSON.stringify(preprocess), labels: JSON.stringify(labels) },
});
writeFileSync(FILE, bytes);
console.log(`${FILE}: ${bytes.length} bytes`, report);
