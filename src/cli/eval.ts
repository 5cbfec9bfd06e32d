/** `lm eval`: how well a model does on files, or on what its run held out. */

import type { Command } from 'commander';
import { load, type Model } from '../ask/index.ts';
import { type Evaluation, evaluate, type FileEvaluation } from '../measure/index.ts';
import type { Task } from '../model/index.ts';
import { evalOptions, type OptionValues } from '../options/index.ts';
import type { Remark, TokenScheme } from '../text/index.ts';
import { addExamples, addFlags, refuseOtherTasks } from './flags.ts';
import { count, LM, percent, shellWord } from './format.ts';
import { classTable, confusionTable } from './tables.ts';
import { taskWords } from './tasks.ts';
import { note, printable, warn, writeJsonLine, writeLine, writeProse } from './terminal.ts';

/** Share of unknown tokens that is worth a warning. */
const MANY_UNKNOWN = 0.05;

const EXAMPLES = {
  'lm eval runs/my other.txt': 'loss, perplexity and bits per character of a text',
  'lm eval runs/names names.tsv --json': 'all measures of a classifier',
};

export function configure(command: Command): void {
  command
    .argument('<run>', "a run's folder")
    .argument(
      '[files...]',
      'files of the kind that it was trained on, each measured on its own and all together (default: what it was validated on)',
    );
  addFlags(command, evalOptions);
  command.action(measure);
  addExamples(command, EXAMPLES);
}

type Flags = Partial<OptionValues<typeof evalOptions>>;

async function measure(path: string, files: string[], { json, ...options }: Flags): Promise<void> {
  const model = load(path);
  refuseOtherTasks(evalOptions, options, model);
  const onRemark = ({ text, warning }: Remark): void => (warning ? warn(text) : note(text));
  const result = await evaluate(model, files, { ...options, onRemark });
  warnOf(result, model);
  if (json) {
    await writeJsonLine(result);
    return;
  }
  const { scheme } = model.tokenizer;
  if (result.heldOut) await writeProse(`what the run was validated on: ${sentence(result, scheme)}`, '  ');
  for (const file of result.files) {
    await writeProse(`${printable(file.file)}: ${sentence(file, scheme)}`, '  ');
  }
  if (files.length > 1) await writeProse(`all: ${sentence(result, scheme)}`, '  ');
  if ('perClass' in result) {
    for (const line of ['', ...classTable(result.perClass), '', ...confusionTable(result)]) await writeLine(line);
  }
}

/** What a reader of the figures has to know. */
function warnOf(result: Evaluation, { folder, tokenizer }: Model): void {
  for (const { file, seen } of result.files) {
    if (seen === 'trained') {
      warn(`${folder} was trained on ${file}: ${LM} eval ${shellWord(folder)} measures what was held out of its text.`);
    } else if (seen === 'validated') {
      warn(`${folder} was validated on ${file}, by which its weights were chosen.`);
    }
  }
  const share = percent(result.unknown / result.tokens);
  if (result.task === 'lm' && result.unknown > 0) {
    warn(
      `${count(result.unknown)} of the ${tokenizer.scheme.units} (${share}) are unknown to the model: the loss counts each as <unk>, bits per character the spelling too.`,
    );
  } else if (result.unknown > MANY_UNKNOWN * result.tokens) {
    warn(`${share} of the tokens are unknown to the model, and count as <unk>.`);
  }
}

function sentence(result: Figures, scheme: TokenScheme): string {
  const tokens = `${count(result.tokens)} tokens, ${count(result.unknown)} unknown`;
  const own = figures[result.task] as (result: Figures, tokens: string, scheme: TokenScheme) => string[];
  return [loss(result, scheme), ...own(result, tokens, scheme)].join('  ');
}

function loss(result: Figures, { units }: TokenScheme): string {
  const known =
    'knownLoss' in result && result.unknown > 0 ? ` (${result.knownLoss.toFixed(4)} without unknown ${units})` : '';
  return `loss ${result.loss.toFixed(4)}${taskWords[result.task].given ?? ''}${known}`;
}

type Figures = Evaluation | FileEvaluation;

/** What is said of a model of each task besides its loss; `tokens` says how many there were. */
const figures: {
  readonly [T in Task]: (result: Extract<Figures, { task: T }>, tokens: string, scheme: TokenScheme) => string[];
} = {
  lm: ({ perplexity, bitsPerCharacter }, tokens, scheme) => [
    `perplexity ${perplexity.toFixed(scheme.measure === 'bits' ? 3 : 1)}`,
    `${bitsPerCharacter.toFixed(3)} bits per character`,
    tokens,
  ],
  fill: ({ accuracy, pastLoss }, tokens) => [
    `accuracy ${percent(accuracy)}`,
    `by the past alone: loss ${pastLoss.toFixed(4)}`,
    tokens,
  ],
  classify: ({ accuracy, macroF1, examples }, tokens) => [
    `accuracy ${percent(accuracy)}`,
    `macro F1 ${macroF1.toFixed(3)}`,
    `${count(examples)} texts of ${tokens}`,
  ],
  tag: ({ accuracy, sentenceAccuracy, entityF1, macroF1, examples }, tokens) => [
    `accuracy ${percent(accuracy)}`,
    `sentences ${percent(sentenceAccuracy)}`,
    ...(entityF1 === undefined ? [] : [`entity F1 ${entityF1.toFixed(3)}`]),
    `macro F1 ${macroF1.toFixed(3)}`,
    `${count(examples)} sentences of ${tokens}`,
  ],
  translate: ({ exactMatch, tokenErrorRate, examples }, tokens) => [
    `exact ${percent(exactMatch)}`,
    `token errors ${percent(tokenErrorRate)}`,
    `${count(examples)} pairs of ${tokens}`,
  ],
};
