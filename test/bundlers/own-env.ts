/** The environment without what Vitest adds to it, by which programs that a test runs would take it for theirs. */
export function ownEnv(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|JEST|NODE_ENV$|TEST$)/.test(name));
  return { ...Object.fromEntries(own), ...more };
}
