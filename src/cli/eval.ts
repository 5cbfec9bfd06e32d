/** `lm eval`: how well a model does on files. */

import type { Command } from 'commander';
import { InputError } from '../errors.ts';
import { load } from '../index.ts';
import type { FileEvaluation } from '../measure/index.ts';
import { type EvaluateOptions, type Evaluation, evaluate } from '../measure/index.ts';
import { integer } from '../options/index.ts';
import type { TokenScheme } from '../text/index.ts';
import { flag, sideBySide } from './flags.ts';
import { count, percent } from './format.ts';
import { classTable, confusionTable } from './tables.ts';
import { printable, warn, writeJsonLine, writeLine } from './terminal.ts';

/** Share of unknown tokens that is worth a warning. */
const MANY_UNKNOWN = 0.05;

export function configure(command: Command): void {
  command
    .argument('<run>', "a run's folder")
    .argument('<files...>', 'files of the kind that it was trained on, each measured on its own and all together')
    .option('--lossy', 'replace invalid UTF-8 by U+FFFD')
    .addOption(flag('--threads <n>', 'threads to compute on (default: one a core)', integer(1, 256)))
    .addOption(flag('--beam <w>', 'translate: search with w hypotheses side by side (default: greedy)', sideBySide))
    .option('--json', 'one JSON object')
    .action(measure);
}

interface Flags extends EvaluateOptions {
  json?: boolean;
}

async function measure(path: string, files: string[], { json, ...options }: Flags): Promise<void> {
  const model = load(path);
  if (options.beam !== undefined && model.config.options.task !== 'translate') {
    throw new InputError(`--beam is for runs of --task translate, and ${model.folder} is none: leave it out.`);
  }
  const result = await evaluate(model, files, options);
  if (json) {
    await writeJsonLine(result);
    return;
  }
  const { scheme } = model.tokenizer;
  for (const file of result.files) await writeLine(`${printable(file.file)}: ${sentence(file, scheme)}`);
  if (files.length > 1) await writeLine(`all: ${sentence(result, scheme)}`);
  if (result.task === 'classify' || result.task === 'tag') {
    for (const line of ['', ...classTable(result.perClass), '', ...confusionTable(result)]) await writeLine(line);
  }
  if (result.unknown > MANY_UNKNOWN * result.tokens) {
    warn(`${percent(result.unknown / result.tokens)} of the tokens are unknown to the model, and count as <unk>.`);
  }
}

function sentence(result: Evaluation | FileEvaluation, scheme: TokenScheme): string {
  return [`loss ${result.loss.toFixed(4)}`, ...measures(result, scheme)].join('  ');
}

function measures(result: Evaluation | FileEvaluation, scheme: TokenScheme): string[] {
  const tokens = `${count(result.tokens)} tokens, ${count(result.unknown)} unknown`;
  switch (result.task) {
    case 'lm':
      return [
        `perplexity ${result.perplexity.toFixed(scheme.measure === 'bits' ? 3 : 1)}`,
        `${result.bitsPerCharacter.toFixed(3)} bits per character`,
        tokens,
      ];
    case 'fill':
      return [`accuracy ${percent(result.accuracy)}`, `by the past alone: loss ${result.pastLoss.toFixed(4)}`, tokens];
    case 'classify':
      return [
        `accuracy ${percent(result.accuracy)}`,
        `macro F1 ${result.macroF1.toFixed(3)}`,
        `${count(result.examples)} texts of ${tokens}`,
      ];
    case 'tag':
      return [
        `accuracy ${percent(result.accuracy)}`,
        `sentences ${percent(result.sentenceAccuracy)}`,
        ...(result.entityF1 === undefined ? [] : [`entity F1 ${result.entityF1.toFixed(3)}`]),
        `macro F1 ${result.macroF1.toFixed(3)}`,
        `${count(result.examples)} sentences of ${tokens}`,
      ];
    case 'translate':
      return [
        `exact ${percent(result.exactMatch)}`,
        `token errors ${percent(result.tokenErrorRate)}`,
        `${count(result.examples)} pairs of ${tokens}`,
      ];
  }
}
