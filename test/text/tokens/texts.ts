/** Texts to try tokenizers on, and tokenizers that know every token of a text. */

import fc from 'fast-check';
import type { Tokenizer, TokenizerOptions } from '../../../src/text/index.ts';
import { fitTokenizer } from '../../../src/text/tokens/fit.ts';
import { roomFor, scanWhole } from '../../../src/text/tokens/scanner.ts';
import { createScanner } from '../../../src/text/tokens/schemes.ts';

/** A tokenizer that knows every token of the text. */
export function tokenizerOf(text: string, options: TokenizerOptions, limits = {}): Tokenizer {
  const types = createScanner(options, options.normalizeNewlines ? 'normalize' : 'keep');
  const bytes = Buffer.from(text);
  const ids = roomFor(types, bytes.length, new Int32Array(0));
  const counts = new Uint32Array(types.size() + bytes.length);
  for (const id of ids.subarray(0, scanWhole(types, bytes, ids))) counts[id]++;
  return fitTokenizer(types, counts, { ...options, ...limits }).tokenizer;
}

/** Any code points, half ones left out. */
export const unicode = fc.string({ unit: 'binary', minLength: 1 });

/** Words, marks and white space that come in many ways. */
export const prose = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', '  ', '\n', '\r\n', '\r', '\t', "'", '’', ', ', '. ', '"', '(', ')', '—', '_', '🙂', '語'),
      fc.constantFrom('the', 'Don', 'x', '3', 'é', 'e\u0301', 'Ω', '\u00a0'),
    ),
    { minLength: 1 },
  )
  .map((parts) => parts.join(''));
