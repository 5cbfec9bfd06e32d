/** The tags of the words of texts. */

import { isSignature, PAD, type Tokenizer } from '../text/index.ts';
import { type LabelProbability, rankLabels } from './classify.ts';
import { type AskOptions, namer, tokensRead } from './inputs.ts';
import { demandTask, type Model } from './model.ts';

export interface TaggedToken {
  token: string;
  /** Every tag with its probability, the likeliest first. */
  tags: LabelProbability[];
}

/**
 * Tags the words of each text: what white space parts, and of a word that the model does not know, the marks around it
 * and an ending such as `n't`.
 *
 * @throws InputError for a text that is empty or has a tab, and one longer than the run's `maxLength`, and a model
 *   of another task.
 */
export function tag(model: Model, texts: readonly string[], options: AskOptions = {}): TaggedToken[][] {
  demandTask(model, 'tag');
  const { tokenizer, labels } = model;
  const where = namer(options, texts.length);
  const split = splitter(tokenizer);
  const sentences = texts.map((text, i) => tokensRead(model, text, split(text), i, where(i), options));
  const ids = sentences.map((words) => words.map((word) => tokenizer.encode(word)[0]));
  const found = model.predictor.logProbabilities(ids);
  return sentences.map((words, i) =>
    words.map((token, at) => ({
      token,
      tags: rankLabels(labels, found[i].subarray(at * labels.length, (at + 1) * labels.length)),
    })),
  );
}

/** Splits texts into words and marks. */
function splitter(tokenizer: Tokenizer): (text: string) => string[] {
  const known = (word: string): boolean => {
    const ids = tokenizer.encode(word);
    return ids.length === 1 && ids[0] > PAD && !isSignature(tokenizer.vocabulary[ids[0]]);
  };
  // The same words come again and again, and each takes several looks into the vocabulary.
  const met = new Map<string, string[]>();
  const partsOf = (word: string): string[] => {
    const parts = met.get(word) ?? parted(word, known);
    met.set(word, parts);
    return parts;
  };
  return (text) =>
    text
      .split(/\p{White_Space}+/u)
      .filter((word) => word !== '')
      .flatMap(partsOf);
}

/** Characters of a word beyond which it is none with marks around it. */
const LONGEST = 100;
const MARKS_BEFORE = /^[\p{P}\p{S}]+/u;
const MARKS_BEHIND = /[\p{P}\p{S}]+$/u;
/** With an apostrophe, the longer first: `n't`, `'s`. */
const ENDINGS = [/\p{L}['’]\p{L}+$/u, /['’]\p{L}+$/u];

/**
 * A word as it is if it is known, else without the longest known marks around it and without a known ending. If what is
 * inside all marks is known, marks that are not are taken off too.
 */
function parted(word: string, known: (word: string) => boolean): string[] {
  if (word.length > LONGEST || known(word)) return [word];
  const sure = known(word.replace(MARKS_BEFORE, '').replace(MARKS_BEHIND, ''));
  const before: string[] = [];
  const after: string[] = [];
  let rest = word;
  while (!known(rest)) {
    const marksBefore = startsOf(matched(MARKS_BEFORE, rest));
    const marksBehind = endsOf(matched(MARKS_BEHIND, rest));
    const mark = marksBefore.findLast(known) ?? (sure ? marksBefore[0] : undefined);
    const endings = [...marksBehind, ...ENDINGS.map((ending) => matched(ending, rest))];
    const end = endings.find(known) ?? (sure ? marksBehind.at(-1) : undefined);
    if (mark !== undefined) {
      before.push(mark);
      rest = rest.slice(mark.length);
    } else if (end !== undefined) {
      after.unshift(end);
      rest = rest.slice(0, -end.length);
    } else break;
  }
  return [...before, rest, ...after];
}

function matched(pattern: RegExp, text: string): string {
  return pattern.exec(text)?.[0] ?? '';
}

/** What a text starts with, the shortest first. */
function startsOf(text: string): string[] {
  const characters = Array.from(text);
  return characters.map((_, i) => characters.slice(0, i + 1).join(''));
}

/** What a text ends with, the longest first. */
function endsOf(text: string): string[] {
  const characters = Array.from(text);
  return characters.map((_, i) => characters.slice(i).join(''));
}
