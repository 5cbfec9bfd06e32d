/** A tokenizer, and how it cuts. */

import type { TokenScheme } from './scheme.ts';
import type { TokenizerName } from './schemes.ts';

export type UnicodeForm = 'nfc' | 'nfkc';

/** How a text is cut into tokens, apart from the vocabulary. */
export interface TokenizerOptions {
  /** How a text is cut: by code points, words and punctuation, … */
  kind: TokenizerName;
  /** Words only: the text is split on white space alone, and each line end is an `<eos>`. */
  pretokenized: boolean;
  /** Each code point in lower case before it is looked up. */
  lowercase: boolean;
  /** CRLF and CR are read as LF. */
  normalizeNewlines: boolean;
  /** Normalization form that a text is brought into first (Unicode Standard Annex 15); as it is if absent. */
  unicode?: UnicodeForm;
  /**
   * Pre-tokenized words only: an unknown word stands for its lower case, or by its looks for a token like
   * `<unk:Xx-ing>`; false by default.
   */
  unknownShapes?: boolean;
}

/**
 * Called with one id after the other, and without one at the end: the text that each call makes certain. The pieces
 * joined are `decode` of all ids. Words need to know what stands before them for their spaces, and a character of
 * several tokens comes with its last.
 */
export type StreamDecoder = (id?: number) => string;

export interface Tokenizer {
  readonly kind: TokenizerName;
  /** What is true of all tokenizers of its kind. */
  readonly scheme: TokenScheme;
  readonly options: Readonly<TokenizerOptions>;
  /** Tokens by id: the four special ones, those of texts, and last those of `labels`, in order. */
  readonly vocabulary: readonly string[];
  /**
   * Labels that a document may begin with; that of id i from the end on is written `<label:Russian>`. No text is
   * encoded to them.
   */
  readonly labels: readonly string[];
  /**
   * Ids of a text; what the vocabulary lacks becomes `UNK`. Adds no `<bos>` or `<eos>` of its own, except at line ends
   * when pre-tokenized.
   */
  encode(text: string): number[];
  /**
   * The text of some ids; special tokens and those of labels are left out, unless `special` is true: then they are
   * written as `<unk>` and so on.
   */
  decode(ids: ArrayLike<number>, special?: boolean): string;
  /** For printing tokens as they come. */
  streamDecoder(special?: boolean): StreamDecoder;
  /**
   * Ids of the parts of a text between which blanks are to be filled with tokens; the first and the last part are what
   * stands before and behind them.
   */
  encodeAround(parts: readonly string[]): number[][];
  /** Such parts, with the spaces that go with `fillings`, one between each two parts. */
  spaceAround(parts: readonly string[], fillings: readonly string[]): string[];
  /** The `tokenizer.json` of Hugging Face tokenizers. */
  toJSON(): object;
}
