// What gpu.ts loads with the first engine on a GPU.

export { deviceBehind, lossOf, unlessLost } from './device.ts';
export { deviceTimes } from './device-times.ts';
export { pollSoon } from './tfjs-patches/poll-soon.ts';
