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
import { UNK } from '../text/index.ts';
import { isTerminal, printable, style, terminalWidth, warn, writeJsonLine, writeLine } from './terminal.ts';

export type PredictFlags = Partial<OptionValues<typeof predictOptions>>;

/** Texts asked about together, and how the answers are to be written. */
export interface Question {
  texts: readonly string[];
  /** What errors call each of them. */
  where(i: number): string;
  /** Whether it is all that is asked: then there is no need to say what an answer is to. */
  alone: boolean;
  /** As in `AskOptions`. */
  onCut?: ((i: number, tokens: number) => void) | undefined;
  /** Nothing has been answered yet. */
  first: boolean;
  flags: PredictFlags;
}

/** How a model of a task is asked, and its answers are written. */
interface Answerer {
  /** Throws an InputError for flags that the model can't follow. */
  check?(model: Model, flags: PredictFlags): void;
  answer(model: Model, question: Question): Promise<void>;
}

/** Characters of a bar that stands for certainty. */
const BAR = 30;

/** Text from a model or a user as it may be shown. */
function shown(text: string): string {
  return isTerminal() ? printable(text) : text;
}

function share(probability: number): string {
  return `${(100 * probability).toFixed(1).padStart(5)} %`;
}

/** On a terminal, a probability as a bar; with `padding`, as wide as the longest. */
function colouredBar(probability: number, padding = false): string {
  if (!isTerminal()) return '';
  const full = bar(probability, BAR);
  return `  ${style.cyan(full)}${padding ? ' '.repeat(BAR - full.length) : ''}`;
}

async function writeLabels(
  { labels, folder: run }: Model,
  found: readonly LabelProbability[][],
  { texts, alone, flags: { top, json } }: Question,
): Promise<void> {
  const columns = widest(labels.map(shown));
  for (const [i, all] of found.entries()) {
    if (json) {
      const answers = all.slice(0, top);
      await writeJsonLine({
        text: texts[i],
        ...all[0],
        labels: answers.map(({ label }) => label),
        probabilities: answers.map(({ probability }) => probability),
        run,
      });
      continue;
    }
    const several = (top ?? 1) > 1 && !alone;
    if (several) await writeLine(style.bold(shown(texts[i])));
    for (const { label, probability } of all.slice(0, top ?? 1)) {
      const answer = `${several ? '  ' : ''}${padded(shown(label), columns)}  ${share(probability)}`;
      const behind =
        alone || several ? colouredBar(probability) : `${colouredBar(probability, true)}  ${shown(texts[i])}`;
      await writeLine(answer + behind);
    }
  }
}

/** Tags as lines of the form that taggers are trained on, but on a terminal, where probabilities stand behind them. */
async function writeTags(
  { labels, folder: run }: Model,
  found: readonly TaggedToken[][],
  { texts, first, flags: { top, json } }: Question,
): Promise<void> {
  for (const [i, tokens] of found.entries()) {
    if (json) {
      await writeJsonLine({
        text: texts[i],
        tokens: tokens.map(({ token }) => token),
        tags: tokens.map(({ tags }) => tags[0].label),
        probabilities: tokens.map(({ tags }) => tags[0].probability),
        ...(top === undefined ? {} : { alternatives: tokens.map(({ tags }) => tags.slice(0, top)) }),
        run,
      });
      continue;
    }
    if (i > 0 || !first) await writeLine('');
    const columns = [widest(tokens.map(({ token }) => shown(token))), widest(labels.map(shown))];
    for (const { token, tags } of tokens) {
      const best = tags.slice(0, top ?? 1);
      if (!isTerminal()) {
        const more =
          (top ?? 1) > 1 ? best.map(({ label, probability }) => `${label}\t${probability}`) : [best[0].label];
        await writeLine([token, ...more].join('\t'));
        continue;
      }
      const answers = best.map(({ label, probability }) => `${padded(shown(label), columns[1])} ${share(probability)}`);
      const behind = best.length === 1 ? colouredBar(best[0].probability) : '';
      await writeLine(`${padded(shown(token), columns[0])}  ${answers.join('  ')}${behind}`);
    }
  }
}

async function writeTranslations(
  model: Model,
  found: readonly Translation[][],
  { texts, alone, flags: { json, showAttention } }: Question,
): Promise<void> {
  const { tokenizer, targetTokenizer, folder: run } = model;
  for (const [i, translations] of found.entries()) {
    const source = texts[i];
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
      await writeLine((translations.length > 1 ? rank : '') + shown(translation));
      if (!showAttention || !rest.attention) continue;
      const sourceTokens = tokenizer.encode(source).map((id) => tokenizer.vocabulary[id]);
      for (const line of attentionLines(sourceTokens, tokens, rest.attention, terminalWidth())) await writeLine(line);
    }
  }
}

function filledText({ between, blanks }: Filling): string {
  return between.map((piece, i) => (i === 0 ? '' : style.bold(shown(blanks[i - 1]))) + shown(piece)).join('');
}

async function writeFillings(
  { tokenizer, folder: run }: Model,
  found: readonly Filling[][],
  { texts, alone, flags: { json } }: Question,
): Promise<void> {
  for (const [i, fillings] of found.entries()) {
    const heading = fillings.length > 1 && !alone && !json;
    if (heading) await writeLine(style.bold(shown(texts[i])));
    const single = fillings.every(({ tokens }) => tokens.length === 1 && tokens[0].length === 1);
    for (const filling of fillings) {
      const { text: filled, blanks, tokens: ids, logProbabilities, score } = filling;
      if (json) {
        const tokens = ids.map((blank) => blank.map((id) => tokenizer.vocabulary[id]));
        await writeJsonLine({ text: texts[i], filled, blanks, tokens, ids, logProbabilities, score, run });
        continue;
      }
      const probability = Math.exp(logProbabilities[0][0]);
      const rank = single ? share(probability) + colouredBar(probability, true) : score.toFixed(2).padStart(7);
      const before = fillings.length > 1 ? `${heading ? '  ' : ''}${rank}  ` : '';
      await writeLine(before + filledText(filling));
    }
  }
}

function warnOfUnknown({ tokenizer }: Model, texts: readonly string[]): void {
  const unknown = texts.reduce((sum, text) => {
    const ids = tokenizer.encode(text.replace(BLANK, ''));
    return sum + ids.filter((id) => id === UNK).length;
  }, 0);
  if (unknown > 0) warn(`the model does not know ${unknown} of the tokens, and reads each as <unk>.`);
}

/** By task; a language model, which answers to nothing, is for `lm sample`. */
export const answerers: { readonly [T in Exclude<Task, 'lm'>]: Answerer } = {
  classify: {
    answer(model, question) {
      const labels = classify(model, question.texts, { where: question.where });
      warnOfUnknown(model, question.texts);
      return writeLabels(model, labels, question);
    },
  },
  tag: {
    answer(model, question) {
      const tags = tag(model, question.texts, { where: question.where });
      warnOfUnknown(
        model,
        tags.map((tokens) => tokens.map(({ token }) => token).join(' ')),
      );
      return writeTags(model, tags, question);
    },
  },
  translate: {
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
    answer(model, question) {
      const { texts, where, onCut, flags } = question;
      const { length, beam, lengthPenalty, temperature, samples, seed, top = 1, showAttention: attention } = flags;
      const how = { where, onCut, length, beam, lengthPenalty, temperature, samples, seed, attention };
      const found = translate(model, texts, how);
      warnOfUnknown(model, texts);
      const most = temperature === undefined ? top : samples;
      return writeTranslations(
        model,
        found.map((all) => all.slice(0, most)),
        question,
      );
    },
  },
  fill: {
    answer(model, question) {
      const { texts, where, flags } = question;
      const { length, beam, temperature, samples, seed, top } = flags;
      const fillings = fill(model, texts, { where, length, beam, temperature, samples, seed, top });
      warnOfUnknown(model, texts);
      return writeFillings(model, fillings, question);
    },
  },
};
