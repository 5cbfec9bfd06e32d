/** `lm predict`: what a model says about texts: labels, tags, translations, or what stands in blanks. */

import type { Command } from 'commander';
import { BLANK, classify, demandTask, fill, load, type Model, tag, translate } from '../ask/index.ts';
import { InputError } from '../errors.ts';
import type { Task } from '../model/index.ts';
import { integer, type Reader, real } from '../options/index.ts';
import { UNK } from '../text/index.ts';
import { writeFillings, writeLabels, writeTags, writeTranslations } from './answers.ts';
import { flag, sideBySide } from './flags.ts';
import { warn } from './terminal.ts';
import { type TextGroup, textGroups } from './texts.ts';

export interface PredictFlags {
  file?: string;
  top?: number;
  json?: boolean;
  length?: number;
  beam?: number;
  lengthPenalty?: number;
  temperature?: number;
  samples?: number;
  seed?: number;
  showAttention?: boolean;
}

const count = (least: number) => integer(least, Number.MAX_SAFE_INTEGER);
const atLeast0 = real('a number, 0 or more', (n) => n >= 0);

/** Flags that some tasks have, with what they take, and for which tasks they are. */
const FLAGS: { [F in keyof PredictFlags]?: { flag: string; help: string; reader?: Reader<number>; tasks: Task[] } } = {
  length: {
    flag: '--length <n>',
    help: "translate: most tokens (default: the longest target's); fill: tokens of a blank (default: as many as join best)",
    reader: count(1),
    tasks: ['translate', 'fill'],
  },
  beam: {
    flag: '--beam <w>',
    help: 'translate, fill: search with w hypotheses side by side (default: translate greedily, fill with 16)',
    reader: sideBySide,
    tasks: ['translate', 'fill'],
  },
  lengthPenalty: {
    flag: '--length-penalty <a>',
    help: 'translate, with --beam: above 0 favours longer ones (default: 0)',
    reader: atLeast0,
    tasks: ['translate'],
  },
  temperature: {
    flag: '--temperature <t>',
    help: 'translate, fill: draw instead of search, from a sharper distribution below 1; fill draws by Gibbs sampling',
    reader: atLeast0,
    tasks: ['translate', 'fill'],
  },
  samples: {
    flag: '--samples <n>',
    help: 'with --temperature: how many are drawn (default: 1)',
    reader: sideBySide,
    tasks: ['translate', 'fill'],
  },
  seed: {
    flag: '--seed <n>',
    help: 'with --temperature: another seed draws others (default: 1)',
    reader: count(0),
    tasks: ['translate', 'fill'],
  },
  showAttention: {
    flag: '--show-attention',
    help: 'translate: draw where the decoder looks, source along the top, target down',
    tasks: ['translate'],
  },
};

const EXAMPLES = `
Examples:
  lm predict runs/surnames "Satoshi" --top 3
  lm predict runs/tags "Time flies like an arrow"
  lm predict runs/sounds --file words.txt --beam 8
  lm predict runs/tales "The fox said ____ to the crow."`;

export function configure(command: Command): void {
  command
    .argument('<run>', "a run's folder, or a folder of runs for its newest")
    .argument('[texts...]', 'texts to ask about (default: the lines of the standard input)')
    .option('--file <file>', 'ask about each line of this file')
    .addOption(flag('--top <n>', 'answers for each text, the likeliest first (default: 1)', sideBySide));
  for (const { flag: flags, help, reader } of Object.values(FLAGS)) {
    if (reader) command.addOption(flag(flags, help, reader));
    else command.option(flags, help);
  }
  command.option('--json', 'one JSON object an answer').action(predict).addHelpText('after', EXAMPLES);
}

async function predict(path: string, texts: string[], flags: PredictFlags): Promise<void> {
  const model = load(path);
  demandTask(model, 'classify', 'tag', 'translate', 'fill');
  checkFlags(model, flags);
  let first = true;
  for await (const group of textGroups(texts, flags.file)) {
    await answer(model, group, flags, { first, alone: texts.length === 1 });
    first = false;
  }
}

/** `first`: nothing has been answered yet; `alone`: there is but one text. */
async function answer(
  model: Model,
  { texts, where }: TextGroup,
  flags: PredictFlags,
  { first, alone }: { first: boolean; alone: boolean },
): Promise<void> {
  const { length, beam, lengthPenalty, temperature, samples, seed, top, json = false, showAttention = false } = flags;
  const asked = { texts, alone, top, json, showAttention };
  switch (model.config.options.task) {
    case 'classify': {
      const labels = classify(model, texts, { where });
      warnOfUnknown(model, texts);
      return writeLabels(model, labels, asked);
    }
    case 'tag': {
      const tags = tag(model, texts, { where });
      warnOfUnknown(
        model,
        tags.map((tokens) => tokens.map(({ token }) => token).join(' ')),
      );
      return writeTags(model, tags, asked, first);
    }
    case 'translate': {
      const how = { where, length, beam, lengthPenalty, temperature, samples, seed, attention: showAttention };
      const found = translate(model, texts, how);
      warnOfUnknown(model, texts);
      const most = temperature === undefined ? (top ?? 1) : samples;
      return writeTranslations(
        model,
        found.map((all) => all.slice(0, most)),
        asked,
      );
    }
    case 'fill': {
      const fillings = fill(model, texts, { where, length, beam, temperature, samples, seed, top });
      warnOfUnknown(model, texts);
      return writeFillings(model, fillings, asked);
    }
  }
}

function checkFlags({ folder, config }: Model, flags: PredictFlags): void {
  const { task, attention } = config.options;
  for (const [name, { flag: text, tasks }] of Object.entries(FLAGS)) {
    if (flags[name as keyof PredictFlags] === undefined || tasks.includes(task)) continue;
    throw new InputError(
      `${text.split(' ')[0]} is for runs of --task ${tasks.join(' or ')}, and ${folder} is of ${task}: leave it out.`,
    );
  }
  const { beam, temperature, samples, seed, lengthPenalty, top, showAttention } = flags;
  if (temperature === undefined && (samples !== undefined || seed !== undefined)) {
    throw new InputError('--samples and --seed are for drawing: give --temperature too.');
  }
  if (temperature !== undefined && (beam !== undefined || top !== undefined)) {
    throw new InputError(
      `--temperature draws, and --${beam === undefined ? 'top' : 'beam'} is for a search: give one of them.`,
    );
  }
  if (lengthPenalty !== undefined && beam === undefined) throw new InputError('--length-penalty needs --beam.');
  if (task === 'translate' && top !== undefined && top > (beam ?? 1)) {
    throw new InputError(
      `--top ${top} is more than ${beam === undefined ? 'greedy decoding' : `--beam ${beam}`} can find: give a larger --beam.`,
    );
  }
  if (showAttention && attention === 'none') {
    throw new InputError(
      `--show-attention needs a run with attention, and ${folder} was trained with --attention none.`,
    );
  }
}

function warnOfUnknown({ tokenizer }: Model, texts: readonly string[]): void {
  const unknown = texts.reduce((sum, text) => {
    const ids = tokenizer.encode(text.replace(BLANK, ''));
    return sum + ids.filter((id) => id === UNK).length;
  }, 0);
  if (unknown > 0) warn(`the model does not know ${unknown} of the tokens, and reads each as <unk>.`);
}
