/** `lm predict`: what a model says about texts: labels, tags, translations, or what stands in blanks. */

import type { Command } from 'commander';
import { demandTask, load, type Model } from '../ask/index.ts';
import { InputError } from '../errors.ts';
import { type OptionRow, type OptionTable, predictOptions, usedBy } from '../options/index.ts';
import { answerers, type PredictFlags } from './answers.ts';
import { addExamples, addFlags, checkNeeds, refuseOtherTasks } from './flags.ts';
import { answerAll } from './questions.ts';

const EXAMPLES = {
  'lm predict runs/names "Sundvar" --top 3': 'the three likeliest labels of a text',
  'lm predict runs/tags "the old painter smiles"': 'a tag for each word',
  'lm predict runs/numbers --file words.txt --beam 8': 'a translation of each line',
  'lm predict runs/blanks "The fox said ____ to the crow."': 'what fills a blank',
};

export function configure(command: Command): void {
  command
    .argument('<run>', "a run's folder, or a folder of runs for its newest")
    .argument('[texts...]', 'texts to ask about (default: the lines of the standard input)');
  addFlags(command, predictOptions);
  command.action(predict);
  addExamples(command, EXAMPLES);
}

async function predict(path: string, texts: string[], flags: PredictFlags): Promise<void> {
  const model = load(path);
  const tasks = Object.keys(answerers) as (keyof typeof answerers)[];
  demandTask(model, ...tasks);
  const answerer = answerers[model.config.options.task as keyof typeof answerers];
  refuseOtherTasks(predictOptions, flags, model);
  const check = (): void => {
    checkNeeds(flags);
    checkDrawing(flags);
    answerer.check?.(model, flags);
  };
  check();
  await answerAll(model, answerer, texts, flags, changeable(model), check);
}

/** Options that can be changed from text to text. */
function changeable({ config }: Model): OptionTable {
  const { file, interactive, json, ...rest } = predictOptions;
  const rows = Object.entries<OptionRow<unknown>>(rest);
  return Object.fromEntries(rows.filter(([, row]) => usedBy(row.tasks).includes(config.options.task)));
}

/** Refuses what is for drawing in a search, and the other way round. */
function checkDrawing({ beam, temperature, samples, seed, top }: PredictFlags): void {
  if (temperature === undefined && (samples !== undefined || seed !== undefined)) {
    throw new InputError('--samples and --seed are for drawing: give --temperature too.');
  }
  if (temperature !== undefined && (beam !== undefined || top !== undefined)) {
    throw new InputError(
      `--temperature draws, and --${beam === undefined ? 'top' : 'beam'} is for a search: give one of them.`,
    );
  }
}
