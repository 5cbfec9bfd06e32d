/** What `lm predict` writes: answers for people, with bars on a terminal, or as JSON. */

import type { Filling, LabelProbability, Model, TaggedToken, Translation } from '../ask/index.ts';
import { attentionLines, bar, padded, widest } from '../draw/index.ts';
import { printable, style, terminalWidth, writeJsonLine, writeLine } from './terminal.ts';

/** What was asked, and how the answers are to be written. */
export interface Asked {
  texts: readonly string[];
  /** Whether it is all that is asked: then there is no need to say what an answer is to. */
  alone: boolean;
  top: number | undefined;
  json: boolean;
  showAttention: boolean;
}

/** Characters of a bar that stands for certainty. */
const BAR = 30;

/** Text from a model or a user as it may be shown. */
function shown(text: string): string {
  return process.stdout.isTTY ? printable(text) : text;
}

function share(probability: number): string {
  return `${(100 * probability).toFixed(1).padStart(5)} %`;
}

/** On a terminal, a probability as a bar; with `padding`, as wide as the longest. */
function colouredBar(probability: number, padding = false): string {
  if (!process.stdout.isTTY) return '';
  const full = bar(probability, BAR);
  return `  ${style.cyan(full)}${padding ? ' '.repeat(BAR - full.length) : ''}`;
}

export async function writeLabels(
  { labels, folder: run }: Model,
  found: readonly LabelProbability[][],
  { texts, alone, top, json }: Asked,
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
export async function writeTags(
  { labels, folder: run }: Model,
  found: readonly TaggedToken[][],
  { texts, top, json }: Asked,
  first: boolean,
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
      if (!process.stdout.isTTY) {
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

export async function writeTranslations(
  model: Model,
  found: readonly Translation[][],
  { texts, alone, json, showAttention }: Asked,
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

export async function writeFillings(
  { tokenizer, folder: run }: Model,
  found: readonly Filling[][],
  { texts, alone, json }: Asked,
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
