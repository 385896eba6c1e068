import { SluiceError } from '../../errors/errors.ts';
import { isReaderGone } from '../../sinks/files/byte-sink.ts';
import { prepareResults } from '../../sinks/files/open-results.ts';
import { namedSources } from '../../sources/source-name.ts';
import { taskFromSpec } from '../../tasks/task-from-spec.ts';
import { warn } from '../messages.ts';
import { ReportPage } from '../report/report-page.ts';
import type { RunCommand } from './run-options.ts';
import { FilesRun } from './files-run.ts';
import { notePartialResults } from './partial-results.ts';

/** Labels every frame of the files, one file after another. `name` is that of the command. Resolves to the exit code. */
export async function runFiles(name: string, files: readonly string[], command: RunCommand): Promise<number> {
  const sources = namedSources(files);
  const names = sources.map(({ name }) => name);
  const locations = new Map(sources.map(({ name, location }) => [name, location]));
  const warnings: string[] = [];
  const outputs = { ...command, locations, onWarning: (message: string) => warnings.push(message) };
  // Wrong outputs end the run before it loads a model. Which task writes them is known after that.
  await prepareResults(names, {
    ...outputs,
    task: taskFromSpec(command.task ?? { kind: name === 'embed' ? 'embedding' : 'classification' }),
    taskOptions: {},
  });
  ReportPage.check(command.report, names);
  const run = new FilesRun(name, sources, command, outputs);
  try {
    const code = await run.run();
    // Not while a bar is shown.
    warnings.forEach(warn);
    return code;
  } catch (error) {
    // After a write error, such as a full disk, the partial file is deleted. After any other error it is kept.
    if (error instanceof SluiceError && error.code === 'output') run.out?.discard();
    else notePartialResults(run.out?.keepPartial() ?? []);
    if (isReaderGone(error)) return 0;
    throw error;
  }
}
