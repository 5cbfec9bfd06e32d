/** `lm inspect agreement`: how often a model gives the right one of two forms more probability. */

import { fileURLToPath } from 'node:url';
import { load } from '../ask/index.ts';
import { InputError } from '../errors.ts';
import { judgePairs, parsePairs, share, tabulate } from '../inspect/index.ts';
import type { inspectOptions, OptionValues } from '../options/index.ts';
import { BOS, readText } from '../text/index.ts';
import { count } from './format.ts';
import { checkLanguageModel } from './inspect-common.ts';
import { writeTable } from './table.ts';
import { style, warn, writeJsonLine, writeLine } from './terminal.ts';

/** Questions about the agreement corpus, and the longest distance between subject and verb in its sentences. */
const PAIRS = fileURLToPath(new URL('../../corpora/agreement.pairs.tsv', import.meta.url));
const LONGEST_TRAINED = 10;

type Flags = Partial<OptionValues<typeof inspectOptions.agreement>>;

export async function agreement(path: string | undefined, { pairs: file, json }: Flags): Promise<void> {
  const model = load(path);
  checkLanguageModel(model, 'lm inspect agreement');
  const builtIn = file === undefined;
  const from = file ?? PAIRS;
  const pairs = parsePairs(await wholeText(from), from);
  const bos = model.config.options.format === 'stream' ? undefined : BOS;
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
    await writeLine('');
    await writeTable(
      ['attractors', 'pairs', 'right', ...(builtIn ? [`distance > ${LONGEST_TRAINED}`, 'right'] : [])],
      attractors.map(({ key, ...rest }) => {
        const far = attractorsBeyond.find((one) => one.key === key);
        return [...row(key, rest), ...(builtIn ? (far ? row('', far).slice(1) : ['0', '']) : [])];
      }),
    );
  }
  await writeLine('');
  await writeTable(
    [counted ? 'distance' : 'prefix', 'pairs', 'right', ...(builtIn ? [''] : [])],
    (counted ? distances : lengths).map(({ key, ...rest }) => [
      ...row(key, rest),
      ...(builtIn ? [key > LONGEST_TRAINED ? 'longer than any in agreement.txt' : ''] : []),
    ]),
  );
  if (unknown > 0) warn(`${count(unknown)} pairs are left out: the model knows neither of their forms.`);
  if (unknownPrefixes > 0) warn(`${count(unknownPrefixes)} prefixes have words that the model does not know.`);
}

/** `questions` for `pairs`, which names the file in JSON. */
function renamed({ pairs, accuracy }: { pairs: number; accuracy: number }): { questions: number; accuracy: number } {
  return { questions: pairs, accuracy };
}

async function wholeText(file: string): Promise<string> {
  let text = '';
  // Pieces end between code points.
  for await (const bytes of readText(file, false)) text += Buffer.from(bytes).toString();
  return text;
}

function percent(share: number): string {
  return Number.isNaN(share) ? '' : `${(100 * share).toFixed(1)} %`;
}
