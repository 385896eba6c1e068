// Prints what MobileNet v1 takes of a core's time, in ms per frame, on onnxruntime-node with one thread.
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { writeOnnx } from 'sluice';
import { mobilenetV1 } from 'sluice/pipelines/mobilenet-v1';

const [WARM_UP, RUNS] = [20, 500];
const net = await mobilenetV1();
const session = await InferenceSession.create(writeOnnx(net.pipeline), { intraOpNumThreads: 1 });
const picture = Float32Array.from({ length: 224 * 224 * 3 }, (_, i) => ((i * 7919) % 255) / 127.5 - 1);
const input = new Tensor('float32', picture, [1, 224, 224, 3]);
for (let i = 0; i < WARM_UP; i++) await session.run({ input });
const before = process.cpuUsage();
for (let i = 0; i < RUNS; i++) await session.run({ input });
const { user, system } = process.cpuUsage(before);
console.log((user + system) / 1000 / RUNS);
process.exit();
