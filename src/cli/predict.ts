/** `lm predict`: what a model says about texts: labels, tags, translations, or what stands in blanks. */

import type { Command } from 'commander';
import { demandTask, load, type Model } from '../ask/index.ts';
import { InputError } from '../errors.ts';
import { type OptionRow, type OptionTable, predictOptions, usedBy } from '../options/index.ts';
import { answerers, type PredictFlags } from './answers.ts';
import { addFlags, checkNeeds, refuseOtherTasks } from './flags.ts';
import { answerAll } from './questions.ts';

const EXAMPLES = `
Examples:
  lm predict runs/surnames "Satoshi" --top 3
  lm predict runs/tags "Time flies like an arrow"
  lm predict runs/sounds --file words.txt --beam 8
  lm predict runs/tales "The fox said ____ to the crow."`;

export function configure(command: Command): void {
  command
    .argument('<run>', "a run's folder, or a folder of runs for its newest")
    .argument('[texts...]', 'texts to ask about (default: the lines of the standard input)');
  addFlags(command, predictOptions);
  command.action(predict).addHelpText('after', EXAMPLES);
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
