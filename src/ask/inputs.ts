/** Texts that a model is asked about, checked, as token ids. */

import { byCaller, InputError, option } from '../errors.ts';
import type { Run } from '../run/index.ts';

export interface AskOptions {
  /** What error messages call text `i`; "The text", or "Text 2", by default. */
  where?: ((i: number) => string) | undefined;
  /** The texts are lines, and so are the answers: no line end is put into one. */
  lines?: boolean | undefined;
  /** Called for a text `i` longer than the run's `maxLength`, which is then cut to it; without it such a text is refused. */
  onCut?: ((i: number) => void) | undefined;
}

/** Names of texts in errors. */
export function namer({ where }: AskOptions, count: number): (i: number) => string {
  return where ?? ((i) => (count === 1 ? 'The text' : `Text ${i + 1}`));
}

/**
 * Of the tokens of text `i`, those that are read: all, or the first of them with `onCut`.
 *
 * @throws InputError for a text with a tab, without a token, or with more of them than the run's `maxLength`.
 */
export function tokensRead<T>(
  { config }: Pick<Run, 'config'>,
  text: string,
  tokens: T[],
  i: number,
  where: string,
  { onCut }: AskOptions,
): T[] {
  const { maxLength } = config.options;
  if (text.includes('\t')) {
    throw new InputError(
      `${where} has a tab, which parts a text from its answer: give the text alone, or let ${byCaller('lm eval', 'evaluate()')} read both.`,
    );
  }
  if (tokens.length === 0) throw new InputError(`${where} is empty: give at least one token.`);
  if (maxLength === null || tokens.length <= maxLength) return tokens;
  if (onCut === undefined) {
    throw new InputError(
      `${where} has ${tokens.length} tokens, over the ${maxLength} of the run's ${option('maxLength')}: shorten it, or train with a larger one.`,
    );
  }
  onCut(i);
  return tokens.slice(0, maxLength);
}

/** Ids of each text, of one token at least. */
export function encodeTexts(
  run: Pick<Run, 'config' | 'tokenizer'>,
  texts: readonly string[],
  options: AskOptions,
): number[][] {
  const where = namer(options, texts.length);
  return texts.map((text, i) => tokensRead(run, text, run.tokenizer.encode(text), i, where(i), options));
}
