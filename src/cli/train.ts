/** `lm train`: trains a model on text files, or goes on with a run. */

import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { InputError } from '../errors.ts';
import { optionNames, optionTable, readOptions, shownDefault, type TrainOptions } from '../options/index.ts';
import { isObject, reason, type TrainEvent } from '../run/index.ts';
import { openTraining, runTraining } from '../train/index.ts';
import { flag } from './flags.ts';
import { LM, shellWord } from './format.ts';
import { trainReport } from './report.ts';
import { note, onOutputClosed, warn, writeJsonLine } from './terminal.ts';

/** Flags that say where to write and how to report; all others are training options. */
interface Surroundings {
  out?: string;
  name?: string;
  resume?: string;
  initFrom?: string;
  overwrite?: boolean;
  config?: string;
  json?: boolean;
  quiet?: boolean;
}

const RUN = 'Run:';

/** Exit status after Ctrl-C, as shells have it. */
const INTERRUPTED = 130;

/** Signals that end a run with a checkpoint: Ctrl-C, kill, and the terminal's window closed. */
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const EXAMPLES = `
Examples:
  lm train                                   one minute on the tales that come with the program
  lm train my.txt --minutes 10               runs/my
  lm train names.txt --format lines          a document a line
  lm train ptb.train.txt --valid ptb.valid.txt --tokenizer word --pretokenized --tie
  lm train names.tsv --task classify         which label a text has; lm predict runs/names "Satoshi" asks it
  lm train --resume runs/my --minutes 20     the same run, for longer`;

export function configure(command: Command): void {
  command.argument('[files...]', 'text files, or folders of them (default: a corpus that comes with the program)');
  for (const name of optionNames) {
    if (name === 'files') continue;
    const spec = optionTable[name];
    const help = `${spec.help} (default: ${shownDefault(name)})`;
    const takesValue = spec.flag.includes('<');
    command.addOption((takesValue ? flag(spec.flag, help, spec) : new Option(spec.flag, help)).helpGroup(spec.group));
    if (spec.negatable) command.addOption(new Option(spec.flag.replace('--', '--no-')).helpGroup(spec.group));
  }
  const run = (flags: string, help: string) => command.addOption(new Option(flags, help).helpGroup(RUN));
  run('--name <name>', "the run's name (default: the first file's; a free one for the default corpus)");
  run('--out <dir>', 'folder to write the run to; with --name, folder of runs (default: runs/<name>)');
  run('--overwrite', 'replace the run that is there');
  run('--resume <dir>', 'go on with the run in this folder, exactly; limits may be raised');
  run('--init-from <dir>', 'start from the weights of this run, on another text; shared tokens keep theirs');
  run('--config <file>', 'read options from JSON, such as the config.json of a run; flags win over it');
  run('--json', 'report as JSON Lines on stdout');
  run('--quiet', 'report nothing but warnings and errors');
  command.action(train);
  command.addHelpText('after', EXAMPLES);
}

async function train(files: string[], flags: Partial<TrainOptions> & Surroundings): Promise<void> {
  const { out, name, resume, initFrom, overwrite = false, config, json = false, quiet = false, ...fromFlags } = flags;
  const given = { ...(config === undefined ? {} : readConfigFile(config)), ...readOptions(fromFlags) };
  if (files.length > 0) given.files = files;
  const training = await openTraining(given, { out, name, overwrite, resume, initFrom });
  const { skipped } = training.data;
  if (skipped.length > 0) warn(`left out, as empty or no text: ${skipped.join(', ')}.`);
  if (training.config.options.clip === 0)
    warn('--clip 0: gradients are not clipped, so that a single bad batch can undo the training.');

  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (interrupt.signal.aborted) {
      // A window that is closed may send it twice, by the system and by the shell.
      if (signal === 'SIGHUP') return;
      note('Left at once; the last checkpoint is whole.');
      process.exit(INTERRUPTED);
    }
    interrupt.abort();
    if (!quiet) note('Stopping after this step; once more to leave at once.');
  };
  // To the end of the process, as it is not over while the training is closed.
  for (const signal of STOPS) process.on(signal, onSignal);
  onOutputClosed(() => interrupt.abort());
  try {
    const report = json || quiet ? undefined : await trainReport(training);
    for await (const event of runTraining(training, interrupt.signal)) {
      if (json) await writeJsonLine(event);
      else await report?.event(event);
      warnIfNeeded(event);
      if (event.event === 'done' && event.reason === 'interrupted') {
        process.exitCode = INTERRUPTED;
        if (!quiet) note(`To go on: ${LM} train --resume ${shellWord(training.folder)}`);
      }
    }
  } finally {
    await training.close();
  }
}

function warnIfNeeded(event: TrainEvent): void {
  if (event.event !== 'rollback') return;
  warn(
    `a number was not finite at step ${event.failedStep}: going back to step ${event.step}, with a lower learning rate.`,
  );
}

/** Options from a JSON file: an object of them, or the `config.json` of a run. */
function readConfigFile(path: string): Partial<TrainOptions> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new InputError(`Can't read --config ${path}: ${reason(error)}.`, { cause: error });
  }
  const inner = isObject(json) && Object.hasOwn(json, 'options') ? json.options : json;
  if (!isObject(inner)) throw new InputError(`--config ${path} holds no JSON object of options.`);
  return readOptions(inner, path);
}
