/** The kinds of tokenizers, by the names that options have for them. */

import { InputError } from '../../errors.ts';
import { byteScheme } from './byte.ts';
import { charScheme } from './char.ts';
import type { LineEnds, Scanner } from './scanner.ts';
import type { TokenScheme } from './scheme.ts';
import { wordScheme } from './word.ts';

export const tokenSchemes = {
  char: charScheme,
  word: wordScheme,
  byte: byteScheme,
} satisfies Record<string, TokenScheme>;

export type TokenizerName = keyof typeof tokenSchemes;

export const tokenizerNames = Object.keys(tokenSchemes) as TokenizerName[];

/** What a tokenizer says of how it cuts. */
interface Form {
  kind: TokenizerName;
  pretokenized: boolean;
}

/** @throws InputError for a pre-tokenized form that there is not. */
export function schemeOf({ kind, pretokenized }: Form): TokenScheme {
  const scheme: TokenScheme = tokenSchemes[kind];
  if (!pretokenized) return scheme;
  if (scheme.pretokenized === undefined) {
    throw new InputError(`There are no pre-tokenized ${scheme.units}: leave out pretokenized, or take words.`);
  }
  return scheme.pretokenized;
}

/** All forms of all kinds. */
export function tokenizerForms(): Form[] {
  return tokenizerNames.flatMap((kind) => {
    const scheme: TokenScheme = tokenSchemes[kind];
    return [false, ...(scheme.pretokenized ? [true] : [])].map((pretokenized) => ({ kind, pretokenized }));
  });
}

export function createScanner(form: Form & { lowercase: boolean }, lineEnds: LineEnds): Scanner {
  return schemeOf(form).scanner({ lineEnds, lowercase: form.lowercase });
}
