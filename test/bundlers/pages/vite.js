// node vite.js VERSION OUT
const [version, outDir] = process.argv.slice(2);
const { build } = await import(`vite-${version}`);
// For top-level await, which the default of Vite 5 and 6 excludes.
const target = Number(version) < 7 ? { target: 'es2022' } : {};
await build({ configFile: false, logLevel: 'error', build: { outDir, ...target } });
