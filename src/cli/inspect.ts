/** `lm inspect`: what a trained model prefers, how far back its gradients reach, and what its gates do. */

import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { InputError } from '../errors.ts';
import { load, type Model } from '../index.ts';
import { judgePairs, parsePairs, share, tabulate } from '../inspect/index.ts';
import { BOS, readText } from '../text/index.ts';
import { modelConfig } from '../train/index.ts';
import { count } from './format.ts';
import { style, warn, writeJsonLine, writeLine } from './terminal.ts';

const RUN = "a run's folder, or a folder of runs for its newest";

export function configure(command: Command): void {
  command
    .command('agreement')
    .description('how often the right one of two forms is likelier after a prefix')
    .argument('[run]', `${RUN} (default: the newest in runs/)`)
    .option(
      '--pairs <file>',
      'prefix, right form, wrong form (and, to be told apart by them: attractors, distance) between tabs, a question a line (default: those of the agreement corpus)',
    )
    .option('--json', 'one JSON object')
    .action(agreement);
}

/** Questions about the agreement corpus, and the longest distance between subject and verb in its sentences. */
const PAIRS = fileURLToPath(new URL('../../corpora/agreement.pairs.tsv', import.meta.url));
const LONGEST_TRAINED = 10;

async function agreement(path: string | undefined, { pairs: file, json }: { pairs?: string; json?: boolean }) {
  const model = load(path);
  checkLanguageModel(model, 'lm inspect agreement');
  const builtIn = file === undefined;
  const from = file ?? PAIRS;
  const pairs = parsePairs(await wholeText(from), from);
  const bos = model.config.options.format === 'lines' ? BOS : undefined;
  const { steps, tokenizer, folder } = model;
  const { judgements, unknown, unknownPrefixes } = judgePairs({ steps, tokenizer, bos }, pairs, from);
  if (judgements.length === 0) {
    throw new InputError(
      `The model of ${folder} knows none of the forms in ${from}: give --pairs in the words of its text.`,
    );
  }
  const isBeyond = ({ pair }: (typeof judgements)[number]): boolean => builtIn && pair.distance! > LONGEST_TRAINED;
  const beyond = judgements.filter(isBeyond);
  const counted = pairs[0].distance !== undefined;
  const attractors = tabulate(judgements, ({ pair }) => pair.attractors);
  const attractorsBeyond = tabulate(beyond, ({ pair }) => pair.attractors);
  const distances = tabulate(judgements, ({ pair }) => pair.distance);
  const lengths = counted ? [] : tabulate(judgements, ({ length }) => length);
  const all = share(judgements);
  if (json) {
    await writeJsonLine({
      run: folder,
      pairs: builtIn ? 'agreement' : from,
      ...renamed(all),
      unknown,
      unknownPrefixes,
      ...(builtIn ? { longestTrained: LONGEST_TRAINED, beyondTrained: renamed(share(beyond)) } : {}),
      ...(counted
        ? {
            byAttractors: attractors.map(({ key, ...rest }) => {
              const far = attractorsBeyond.find((one) => one.key === key);
              return { attractors: key, ...renamed(rest), ...(far ? { beyondTrained: renamed(far) } : {}) };
            }),
            byDistance: distances.map(({ key, ...rest }) => ({ distance: key, ...renamed(rest) })),
          }
        : { byLength: lengths.map(({ key, ...rest }) => ({ length: key, ...renamed(rest) })) }),
    });
    return;
  }
  const row = (name: string | number, { pairs: n, accuracy }: { pairs: number; accuracy: number }): string[] => [
    String(name),
    count(n),
    percent(accuracy),
  ];
  await writeLine(`${style.bold(percent(all.accuracy))} of ${count(all.pairs)} right; chance is 50 %`);
  if (counted) {
    await writeTable(
      ['attractors', 'pairs', 'right', ...(builtIn ? [`distance > ${LONGEST_TRAINED}`, 'right'] : [])],
      attractors.map(({ key, ...rest }) => {
        const far = attractorsBeyond.find((one) => one.key === key);
        return [...row(key, rest), ...(builtIn ? (far ? row('', far).slice(1) : ['0', '']) : [])];
      }),
    );
  }
  await writeTable(
    [counted ? 'distance' : 'prefix', 'pairs', 'right', ...(builtIn ? [''] : [])],
    (counted ? distances : lengths).map(({ key, ...rest }) => [
      ...row(key, rest),
      ...(builtIn ? [key > LONGEST_TRAINED ? 'longer than trained on' : ''] : []),
    ]),
  );
  if (unknown > 0) warn(`${count(unknown)} pairs are left out: the model knows neither of their forms.`);
  if (unknownPrefixes > 0) warn(`${count(unknownPrefixes)} prefixes have words that the model does not know.`);
}

/** `questions` for `pairs`, which names the file in JSON. */
function renamed({ pairs, accuracy }: { pairs: number; accuracy: number }): { questions: number; accuracy: number } {
  return { questions: pairs, accuracy };
}

function checkLanguageModel({ config, folder }: Model, command: string): void {
  const { task = 'lm' } = modelConfig(config);
  if (task !== 'lm') {
    throw new InputError(
      `${command} needs a language model, and the task of ${folder} is ${task}: choose another run.`,
    );
  }
}

async function wholeText(file: string): Promise<string> {
  let text = '';
  // Pieces end between code points.
  for await (const bytes of readText(file, false)) text += new TextDecoder().decode(bytes);
  return text;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '' : `${(100 * share).toFixed(1)} %`;
}

/** A blank line, a header and rows; all columns but the last unaligned one are right-aligned numbers. */
async function writeTable(header: readonly string[], rows: readonly (readonly string[])[]): Promise<void> {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (header[i] === '' ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  await writeLine(`\n${style.cyan(line(header))}`);
  for (const row of rows) await writeLine(line(row));
}
