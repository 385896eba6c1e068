import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Small files that take long. Vitest starts large files first, so that these would come last, each beside an idle core. */
const LONG = [
  'test/conformance/conformance.test.ts',
  'test/conformance/fuzz.test.ts',
  'test/fuzz/fuzz.test.ts',
  'test/soak/soak.test.ts',
];

/** Starts the files that take longest first. */
export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((file) => moduleId.endsWith(file));
    // oxlint-disable-next-line unicorn/no-array-sort -- it is not that of arrays
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}
