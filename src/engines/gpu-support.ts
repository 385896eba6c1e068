// What only engines on a GPU need. gpu.ts loads it when the first of them starts.

export { deviceBehind } from './device.ts';
export { deviceTimes } from './device-times.ts';
export { lossOf, unlessLost } from './lost-frames.ts';
export { pollSoon } from './tfjs-patches/poll-soon.ts';
