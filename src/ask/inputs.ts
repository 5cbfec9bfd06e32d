/** Texts that a model is asked about, checked, as token ids. */

import { byCaller, InputError, option } from '../errors.ts';
import type { Named } from '../options/index.ts';
import type { Run } from '../run/index.ts';

export interface AskOptions {
  /** What error messages call text `i`; "The text", or "Text 2", by default. */
  where?: ((i: number) => string) | undefined;
  /** The texts are lines, and so are the answers: no line end is put into one. */
  lines?: boolean | undefined;
  /** Called for a text of more tokens than the run's `maxLength`, which is then cut to that; without it, such a text is an error. */
  onCut?: ((i: number, tokens: number) => void) | undefined;
}

export const ASK_OPTIONS: Named<AskOptions> = { where: true, lines: true, onCut: true };

/** Names of texts in errors. */
export function namer({ where }: AskOptions, count: number): (i: number) => string {
  return where ?? ((i) => (count === 1 ? 'The text' : `Text ${i + 1}`));
}

/**
 * The tokens of text `i`, or as many of them as the run's `maxLength` lets in.
 *
 * @throws InputError for a text with a tab, without a token, or with too many of them if `onCut` is absent.
 */
export function fitText<T>(
  { config }: Pick<Run, 'config'>,
  texts: readonly string[],
  i: number,
  tokens: readonly T[],
  options: AskOptions,
): readonly T[] {
  const { maxLength } = config.options;
  const text = texts[i];
  const where = namer(options, texts.length)(i);
  if (text.includes('\t')) {
    throw new InputError(
      `${where} has a tab, which parts a text from its answer: give the text alone, or let ${byCaller('lm eval', 'evaluate()')} read both.`,
    );
  }
  if (tokens.length === 0) throw new InputError(`${where} is empty: give at least one token.`);
  if (maxLength === null || tokens.length <= maxLength) return tokens;
  if (options.onCut === undefined) {
    throw new InputError(
      `${where} has ${tokens.length} tokens, over the ${maxLength} of the run's ${option('maxLength')}: shorten it, or train with a larger one.`,
    );
  }
  options.onCut(i, tokens.length);
  return tokens.slice(0, maxLength);
}

/** Ids of each text, of one token at least. */
export function encodeTexts(
  run: Pick<Run, 'config' | 'tokenizer'>,
  texts: readonly string[],
  options: AskOptions,
): number[][] {
  return texts.map((text, i) => [...fitText(run, texts, i, run.tokenizer.encode(text), options)]);
}
