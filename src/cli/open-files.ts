import { codeOf } from '../errors/code-of.ts';
/** What Node reports when a process has as many files open as it may have. Loading modules, it may find a file missing, too. */
const CODES: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);
const ENOUGH = 256;

/** What to say of an error that comes from a limit on open files; undefined for other errors. */
export function openFilesError(error: unknown): string | undefined {
  const code = codeOf(error);
  const limit = openFilesLimit();
  const low = limit !== undefined && limit < ENOUGH;
  if (!CODES.has(code) && !(low && code === 'ERR_MODULE_NOT_FOUND')) return undefined;
  const most = limit === undefined ? '' : ` (the limit is ${limit})`;
  return `too many open files${most}: sluice needs at least ${ENOUGH}; raise the limit, as with \`ulimit -n 1024\``;
}

/** From Node's report, which opens no file; undefined on Windows, and where there is no limit. */
function openFilesLimit(): number | undefined {
  const report: unknown = process.report.getReport();
  const limit = (report as { userLimits?: { open_files?: { soft?: unknown } } }).userLimits?.open_files?.soft;
  return typeof limit === 'number' ? limit : undefined;
}
