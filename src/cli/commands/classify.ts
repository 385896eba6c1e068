import { SluiceError } from '../../errors/errors.ts';
import { isReaderGone } from '../../sinks/files/byte-sink.ts';
import { openResults } from '../../sinks/files/open-results.ts';
import { namedSources } from '../../sources/source-name.ts';
import { warn } from '../messages.ts';
import { ReportPage } from '../report/report-page.ts';
import type { ClassifyCommand } from './classify-options.ts';
import { ClassifyRun } from './classify-run.ts';
import { TASK, taskOptionsOf } from './labelling.ts';
import { notePartialResults } from './partial-results.ts';

/** Labels every frame of the files, one file after another. Resolves to the exit code. */
export async function classifyFiles(files: readonly string[], command: ClassifyCommand): Promise<number> {
  const sources = namedSources(files);
  const names = sources.map(({ name }) => name);
  const locations = new Map(sources.map(({ name, location }) => [name, location]));
  const warnings: string[] = [];
  const out = await openResults(names, {
    ...command,
    locations,
    task: TASK,
    taskOptions: taskOptionsOf(command),
    onWarning: (message) => warnings.push(message),
  });
  try {
    const page = ReportPage.open(command.report, names);
    const code = await new ClassifyRun(sources, command, out, page).run();
    // Not while a bar is shown.
    warnings.forEach(warn);
    return code;
  } catch (error) {
    // After a write error, such as a full disk, the partial file is deleted. After any other error it is kept.
    if (error instanceof SluiceError && error.code === 'output') out.discard();
    else notePartialResults(out.keepPartial());
    if (isReaderGone(error)) return 0;
    throw error;
  }
}
