import { SluiceError } from '../../errors/errors.ts';
import { isReaderGone } from '../../sinks/files/byte-sink.ts';
import { openResults } from '../../sinks/files/open-results.ts';
import { ReportPage } from '../report/report-page.ts';
import type { ClassifyCommand } from './classify-options.ts';
import { ClassifyRun } from './classify-run.ts';
import { TASK, taskOptionsOf } from './labelling.ts';
import { notePartialResults } from './partial-results.ts';

/** Labels every frame of the files, one file after another. Resolves to the exit code. */
export async function classifyFiles(files: readonly string[], command: ClassifyCommand): Promise<number> {
  const out = await openResults(files, { ...command, task: TASK, taskOptions: taskOptionsOf(command) });
  try {
    const page = ReportPage.open(command.report, files);
    return await new ClassifyRun(files, command, out, page).run();
  } catch (error) {
    // After a write error, such as a full disk, the partial file is deleted. After any other error it is kept.
    if (error instanceof SluiceError && error.code === 'output') out.discard();
    else notePartialResults(out.keepPartial());
    if (isReaderGone(error)) return 0;
    throw error;
  }
}
