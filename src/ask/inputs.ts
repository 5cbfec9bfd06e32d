/** Texts that a model is asked about, checked, as token ids. */

import { byCaller, InputError, option } from '../errors.ts';
import type { Named } from '../options/index.ts';
import type { Run } from '../run/index.ts';

export interface AskOptions {
  /** What error messages call text `i`; "The text", or "Text 2", by default. */
  where?: ((i: number) => string) | undefined;
}

export const ASK_OPTIONS: Named<AskOptions> = { where: true };

/** Names of texts in errors. */
export function namer({ where }: AskOptions, count: number): (i: number) => string {
  return where ?? ((i) => (count === 1 ? 'The text' : `Text ${i + 1}`));
}

/** Throws an InputError for a text with a tab, without a token, or with more of them than the run's `maxLength`. */
export function checkText({ config }: Pick<Run, 'config'>, text: string, tokens: number, where: string): void {
  const { maxLength } = config.options;
  if (text.includes('\t')) {
    throw new InputError(
      `${where} has a tab, which parts a text from its answer: give the text alone, or let ${byCaller('lm eval', 'evaluate()')} read both.`,
    );
  }
  if (tokens === 0) throw new InputError(`${where} is empty: give at least one token.`);
  if (maxLength !== null && tokens > maxLength) {
    throw new InputError(
      `${where} has ${tokens} tokens, over the ${maxLength} of the run's ${option('maxLength')}: shorten it, or train with a larger one.`,
    );
  }
}

/** Ids of each text, of one token at least. */
export function encodeTexts(
  run: Pick<Run, 'config' | 'tokenizer'>,
  texts: readonly string[],
  options: AskOptions,
): number[][] {
  const where = namer(options, texts.length);
  return texts.map((text, i) => {
    const ids = run.tokenizer.encode(text);
    checkText(run, text, ids.length, where(i));
    return ids;
  });
}
