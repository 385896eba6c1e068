// npm run soak [-- frames [seed]]: a million frames, faults, and subscriptions that come and go; what is left afterwards.
import { useEngine } from 'sluice';
import { soak } from './soak.ts';

const [frames = 1_000_000, seed = 1] = process.argv.slice(2).map(Number);
const MiB = 2 ** 20;

/** The resident set at each tenth of the way. */
const resident: number[] = [];
function atTenths(done: number): void {
  if (done * 10 < frames * (resident.length + 1)) return;
  globalThis.gc?.();
  resident.push(process.memoryUsage.rss() / MiB);
  const seconds = (performance.now() - began) / 1000;
  console.log(
    `${String(done).padStart(9)} frames  ${resident.at(-1)?.toFixed(1).padStart(7)} MiB  ${seconds.toFixed(0).padStart(5)} s`,
  );
}

await useEngine('wasm');
const began = performance.now();
const { counts, subscriptions, tensors, broken, errors } = await soak(frames, seed, atTenths);
const { produced, delivered, discarded, failed, dropped, inFlight } = counts;
console.log(
  `${subscriptions} subscriptions: ${produced} produced = ${delivered} delivered + ${discarded} discarded + ${failed} failed`,
);
console.log(`  + dropped ${JSON.stringify(dropped)} + ${inFlight} in flight; ${tensors} tensors left`);

const [, early = NaN] = resident;
const growth = (resident.at(-1) ?? NaN) / early;
const faults = [
  tensors !== 0 && `${tensors} tensors are left`,
  broken !== undefined && `the law was broken: ${broken}`,
  inFlight !== 0 && `${inFlight} frames are still in flight`,
  produced < frames && `only ${produced} frames were produced`,
  failed === 0 && 'no frame failed: this tested nothing',
  errors.length > 0 && `${errors.length} subscriptions ended with an error, first ${String(errors[0])}`,
  // Short runs are warming up all the way.
  !(growth <= 1.15) && `memory grew by ${((growth - 1) * 100).toFixed(1)} % since the second tenth`,
].filter((fault) => fault !== false);
console.log(
  faults.length > 0 ? `FAILED: ${faults.join('; ')}` : `passed: memory × ${growth.toFixed(3)} since the second tenth`,
);
process.exitCode = faults.length > 0 ? 1 : 0;
