/** A number of examples in words. */
export const examplesText = (count: number) => (count === 1 ? '1 example' : `${count} examples`);
