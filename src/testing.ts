/**
 * Tools for testing a pipe of your own: virtual time, fake sources, stages that take a set time, and replay of what a gate
 * decided.
 *
 * @module sluice/testing
 */

export { inVirtualTime, VirtualTime } from './testing/virtual-time.ts';
export { fakeCamera, fakeFile, marbles, type FakeSourceOptions } from './testing/fake-sources.ts';
export { takes } from './testing/takes.ts';
export { busy } from './testing/busy.ts';
export { timeline } from './testing/timeline.ts';
export { decisionsOf, replay } from './testing/replay.ts';
