// npm run soak [-- frames]: a million frames with faults and unsubscriptions; fails where anything is left or grows.
import { useEngine } from 'sluice';
import { soak } from './run.ts';

const frames = Number(process.argv[2] ?? 1_000_000);
const MOST_GROWTH = 1.15;

await useEngine('wasm');
const startedAt = performance.now();
const { ledger, subscriptions, tensorsLeft, marks } = await soak(frames, ({ frames: done, tensors, rssMiB }) =>
  console.log(`${String(done).padStart(9)} frames   ${rssMiB.toFixed(1)} MiB resident   ${tensors} tensors`),
);
const { produced, delivered, discarded, failed, dropped, inFlight } = ledger.counts;
const accounted = delivered + discarded + failed + dropped.full + dropped.replaced + dropped.stale + inFlight;
const seconds = (performance.now() - startedAt) / 1000;
console.log(
  `${produced} produced: ${delivered} delivered, ${failed} failed, ${discarded} discarded, ${inFlight} in flight`,
);
console.log(`${subscriptions} subscriptions, ${seconds.toFixed(0)} s, ${Math.round(produced / seconds)} frames/s`);
const settled = marks[1]?.rssMiB ?? NaN;
const growth = (marks.at(-1)?.rssMiB ?? NaN) / settled;
const wrong = [
  ...(tensorsLeft === 0 ? [] : [`${tensorsLeft} tensors are left`]),
  ...(produced === accounted && inFlight === 0 ? [] : ['the ledger does not balance']),
  ...(growth <= MOST_GROWTH ? [] : [`memory grew by ${growth.toFixed(2)} since a fifth of the way`]),
];
console.log(wrong.length === 0 ? `Flat: memory × ${growth.toFixed(3)} since a fifth of the way.` : wrong.join('; '));
process.exitCode = wrong.length === 0 ? 0 : 1;
