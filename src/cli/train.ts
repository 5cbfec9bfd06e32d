/** `lm train`: trains a model on text files, or goes on with a run. */

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { InputError } from '../errors.ts';
import {
  type OptionValues,
  readOptions,
  runOptions,
  shownHelp,
  type TrainOptions,
  trainGroups,
} from '../options/index.ts';
import { isObject, reason, type TrainEvent } from '../run/index.ts';
import type { TagSchemeFound } from '../text/index.ts';
import { openTraining, runTraining } from '../train/index.ts';
import { addExamples, addFlags } from './flags.ts';
import { count, LM, shellWord } from './format.ts';
import { trainReport } from './report.ts';
import { INTERRUPTED } from './status.ts';
import { note, onOutputClosed, warn, writeJsonLine } from './terminal.ts';
import { wordsUnderstood } from './understand.ts';

/** Signals that end a run with a checkpoint: Ctrl-C, kill, and the terminal's window closed. */
const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const EXAMPLES = {
  'lm train': 'a minute on the tales that come with the program',
  'lm train my.txt --minutes 10': 'your own text, into runs/my',
  'lm train names.txt --format lines': 'a document a line',
  'lm train ptb.txt --tokenizer word --pretokenized --tie': 'by words, parted by spaces',
  'lm train names.tsv --task classify': 'which label a text has',
  'lm train --resume runs/my --minutes 20': 'the same run, for longer',
};

export function configure(command: Command): void {
  const { files } = trainGroups.text.options;
  command.argument('[files...]', shownHelp('files', files));
  for (const { title, options } of Object.values(trainGroups)) addFlags(command, options, title);
  addFlags(command, runOptions, 'Run:');
  command.action(train);
  addExamples(command, EXAMPLES);
}

type Flags = Partial<TrainOptions & OptionValues<typeof runOptions>>;

async function train(files: string[], flags: Flags): Promise<void> {
  const { out, name, resume, fromPrevious, initFrom, overwrite = false, ...others } = flags;
  const { config, json = false, quiet = false, ...fromFlags } = others;
  const given = { ...(config === undefined ? {} : readConfigFile(config)), ...readOptions(fromFlags) };
  if (files.length > 0) given.files = files;
  const training = await openTraining(given, { out, name, overwrite, resume, fromPrevious, initFrom });
  const { remarks, tagScheme, examples } = training.data;
  for (const { text, warning } of remarks) {
    if (warning) warn(text);
    else if (!quiet) note(text);
  }
  if (tagScheme && tagScheme.broken > 0) warn(brokenSentences(tagScheme, examples!.train));
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
      if (json) await writeJsonLine(event.event === 'start' ? { ...event, ...understood() } : event);
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

/** What becomes of sentences that break the rule of the tags' scheme. */
function brokenSentences({ scheme, broken }: TagSchemeFound, sentences: number): string {
  const share = `${count(broken)} of ${count(sentences)} sentences`;
  if (scheme === 'none')
    return `${share} break the rule of each scheme that has such tags, so no answer has to keep one.`;
  return `${share} break the rule of ${scheme}: they are trained on as they are, but every answer keeps it.`;
}

/** For the start event: what words of the command line were taken for. */
function understood(): { understood?: readonly string[] } {
  const said = wordsUnderstood();
  return said.length > 0 ? { understood: said } : {};
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
