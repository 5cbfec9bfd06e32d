/** What `lm predict` asks a model of each task, and writes: answers for people, with bars on a terminal, or as JSON. */

import {
  BLANK,
  classify,
  type Filling,
  fill,
  type LabelProbability,
  type Model,
  type TaggedToken,
  type Translation,
  tag,
  translate,
} from '../ask/index.ts';
import { attentionLines, bar, padded, widest } from '../draw/index.ts';
import { InputError } from '../errors.ts';
import type { Task } from '../model/index.ts';
import type { OptionValues, predictOptions } from '../options/index.ts';
import { type Answerer, answerer, type Manner as MannerOf } from './questions.ts';
import {
  isTerminal,
  noteOnce,
  printable,
  style,
  terminalWidth,
  textWidth,
  writeJsonLine,
  writeLine,
} from './terminal.ts';

export type PredictFlags = Partial<OptionValues<typeof predictOptions>>;

type Manner = MannerOf<PredictFlags>;

/** Most columns of a bar that stands for certainty, and its share of a narrow terminal. */
const BAR = 30;
const BAR_SHARE = 3 / 8;

/** Text from a model or a user as it may be shown. */
function shown(text: string): string {
  return isTerminal() ? printable(text) : text;
}

/** Least probability that is not shown as 0.0 %. */
const LEAST_SHARE = 0.0005;

function share(probability: number): string {
  const digits = probability < LEAST_SHARE ? '<0.1' : (100 * probability).toFixed(1);
  return `${digits.padStart(5)} %`;
}

/** On a terminal, a probability as a bar; with `padding`, as wide as the longest. */
function colouredBar(probability: number, padding = false): string {
  if (!isTerminal()) return '';
  const columns = Math.min(BAR, Math.floor(BAR_SHARE * textWidth()));
  const full = bar(probability, columns);
  return `  ${style.cyan(full)}${padding ? ' '.repeat(columns - full.length) : ''}`;
}

async function writeLabels(
  { labels, folder: run }: Model,
  all: readonly LabelProbability[],
  text: string,
  { alone, flags: { top, json } }: Manner,
): Promise<void> {
  if (json) {
    const answers = all.slice(0, top);
    await writeJsonLine({
      text,
      ...all[0],
      labels: answers.map(({ label }) => label),
      probabilities: answers.map(({ probability }) => probability),
      run,
    });
    return;
  }
  const columns = widest(labels.map(shown));
  const several = (top ?? 1) > 1 && !alone;
  if (several) await writeLine(style.bold(shown(text)));
  for (const { label, probability } of all.slice(0, top ?? 1)) {
    const answer = `${several ? '  ' : ''}${padded(shown(label), columns)}  ${share(probability)}`;
    const behind = alone || several ? colouredBar(probability) : `${colouredBar(probability, true)}  ${shown(text)}`;
    await writeLine(answer + behind);
  }
}

/**
 * Tags as lines of the form that taggers are trained on, with a blank line behind; on a terminal with probabilities.
 */
async function writeTags(
  { labels, folder: run }: Model,
  tokens: readonly TaggedToken[],
  text: string,
  { alone, flags: { top, json } }: Manner,
): Promise<void> {
  if (json) {
    await writeJsonLine({
      text,
      tokens: tokens.map(({ token }) => token),
      tags: tokens.map(({ tags }) => tags[0].label),
      probabilities: tokens.map(({ tags }) => tags[0].probability),
      ...(top === undefined ? {} : { alternatives: tokens.map(({ tags }) => tags.slice(0, top)) }),
      run,
    });
    return;
  }
  const columns = [widest(tokens.map(({ token }) => shown(token))), widest(labels.map(shown))];
  for (const { token, tags } of tokens) {
    const best = tags.slice(0, top ?? 1);
    if (!isTerminal()) {
      const more =
        (top ?? 1) > 1
          ? best.map(({ label, probability }) => `${label}\t${Number(probability.toPrecision(4))}`)
          : [best[0].label];
      await writeLine([token, ...more].join('\t'));
      continue;
    }
    const answers = best.map(({ label, probability }) => `${padded(shown(label), columns[1])} ${share(probability)}`);
    const behind = best.length === 1 ? colouredBar(best[0].probability) : '';
    await writeLine(`${padded(shown(token), columns[0])}  ${answers.join('  ')}${behind}`);
  }
  if (!alone) await writeLine('');
}

async function writeTranslations(
  { tokenizer, targetTokenizer, folder: run }: Model,
  translations: readonly Translation[],
  source: string,
  { alone, flags: { json, showAttention } }: Manner,
): Promise<void> {
  const heading = translations.length > 1 && !alone && !json;
  if (heading) await writeLine(style.bold(shown(source)));
  for (const { text: translation, tokens: ids, ...rest } of translations) {
    const tokens = ids.map((id) => targetTokenizer!.vocabulary[id]);
    if (json) {
      const sourceTokens = rest.attention
        ? { sourceTokens: tokenizer.encode(source).map((id) => tokenizer.vocabulary[id]) }
        : {};
      await writeJsonLine({ text: source, translation, tokens, ids, ...rest, ...sourceTokens, run });
      continue;
    }
    const rank = `${heading ? '  ' : ''}${(rest.score ?? rest.logProbability).toFixed(2).padStart(7)}  `;
    if (translations.length > 1)
      noteOnce('Before each translation: what it is ranked by, in nats; nearer 0 is better.');
    await writeLine((translations.length > 1 ? rank : '') + shown(translation));
    if (!showAttention || !rest.attention) continue;
    const sourceTokens = tokenizer.encode(source).map((id) => tokenizer.vocabulary[id]);
    for (const line of attentionLines(sourceTokens, tokens, rest.attention, terminalWidth())) await writeLine(line);
  }
}

function filledText({ between, blanks }: Filling): string {
  return between.map((piece, i) => (i === 0 ? '' : style.bold(shown(blanks[i - 1]))) + shown(piece)).join('');
}

async function writeFillings(
  { tokenizer, folder: run }: Model,
  fillings: readonly Filling[],
  text: string,
  { alone, flags: { json } }: Manner,
): Promise<void> {
  const heading = fillings.length > 1 && !alone && !json;
  if (heading) await writeLine(style.bold(shown(text)));
  const single = fillings.every(({ tokens }) => tokens.length === 1 && tokens[0].length === 1);
  if (fillings.length > 1 && !single && !json) {
    noteOnce('Before each filling: how well it joins what stands around it, in nats; nearer 0 is better.');
  }
  for (const filling of fillings) {
    const { text: filled, blanks, tokens: ids, logProbabilities, score } = filling;
    if (json) {
      const tokens = ids.map((blank) => blank.map((id) => tokenizer.vocabulary[id]));
      await writeJsonLine({ text, filled, blanks, tokens, ids, logProbabilities, score, run });
      continue;
    }
    const probability = Math.exp(logProbabilities[0][0]);
    const rank = single ? share(probability) + colouredBar(probability, true) : score.toFixed(2).padStart(7);
    const before = fillings.length > 1 ? `${heading ? '  ' : ''}${rank}  ` : '';
    await writeLine(before + filledText(filling));
  }
}

const asIs = (text: string): string => text;

/** By task; a language model, which answers to nothing, is for `lm sample`. */
export const answerers: { readonly [T in Exclude<Task, 'lm'>]: Answerer<PredictFlags> } = {
  classify: answerer<LabelProbability[], PredictFlags>({
    ask: classify,
    read: asIs,
    write: writeLabels,
    none: { label: null, probability: null, labels: [], probabilities: [] },
  }),
  tag: answerer<TaggedToken[], PredictFlags>({
    ask: tag,
    read: (_, tokens) => tokens.map(({ token }) => token).join(' '),
    write: writeTags,
    none: { tokens: [], tags: [], probabilities: [] },
  }),
  translate: answerer<Translation[], PredictFlags>({
    check({ folder, config }, { top, beam, showAttention }) {
      if (top !== undefined && top > (beam ?? 1)) {
        throw new InputError(
          `--top ${top} is more than ${beam === undefined ? 'greedy decoding' : `--beam ${beam}`} can find: give a larger --beam.`,
        );
      }
      if (showAttention && config.options.attention === 'none') {
        throw new InputError(
          `--show-attention needs a run with attention, and ${folder} was trained with --attention none.`,
        );
      }
    },
    ask(model, texts, options, flags) {
      const { length, beam, lengthPenalty, beamGroups, beamDiversity, temperature, samples, seed, top = 1 } = flags;
      const { repetitionPenalty, repetitionWindow, noRepeatNgram, showAttention: attention } = flags;
      const most = temperature === undefined ? top : samples;
      const found = translate(model, texts, {
        ...options,
        ...{ length, beam, lengthPenalty, beamGroups, beamDiversity, temperature, samples, seed, attention },
        ...{ repetitionPenalty, repetitionWindow, noRepeatNgram },
      });
      return found.map((all) => all.slice(0, most));
    },
    read: asIs,
    write: writeTranslations,
    none: { translation: '', tokens: [], ids: [], logProbabilities: [] },
  }),
  fill: answerer<Filling[], PredictFlags>({
    ask(model, texts, options, { length, beam, temperature, samples, seed, top }) {
      return fill(model, texts, { ...options, length, beam, temperature, samples, seed, top });
    },
    read: (text) => text.replace(BLANK, ''),
    write: writeFillings,
    none: { filled: '', blanks: [], tokens: [], ids: [], logProbabilities: [] },
  }),
};
