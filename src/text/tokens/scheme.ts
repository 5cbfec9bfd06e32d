/**
 * What a kind of tokenizer knows of itself, apart from its vocabulary: a file each keeps one of these, and schemes.ts
 * lists them. Whoever needs to know something of tokens asks the scheme, not for its name.
 */

import type { Scanner, ScannerOptions } from './scanner.ts';

export interface TokenScheme {
  /** What a token is, for the help of options. */
  readonly summary: string;
  /** A token, and several of them, in words. */
  readonly unit: string;
  readonly units: string;
  /** The usual measure of a language model: bits a token where tokens spell, perplexity where they are words. */
  readonly measure: 'bits' | 'perplexity';
  /**
   * Whether a vocabulary has thousands of tokens: then they take an embedding, a smaller learning rate, and may take an
   * adaptive softmax.
   */
  readonly largeVocabulary: boolean;
  /** Tokens, unless somebody asks for another number: of a sample, of one shown in passing, and the most of a blank. */
  readonly lengths: { readonly sample: number; readonly glimpse: number; readonly blank: number };
  /** Whether a line end is an `<eos>` in a stream too, and the last line of a file has one as well. */
  readonly lineEndTokens: boolean;
  /** Whether a vocabulary may have signatures for the words that it lacks (see shapes.ts). */
  readonly signatures: boolean;

  /** The tokens of all vocabularies, where no text chooses them; limits on a vocabulary then mean nothing. */
  readonly tokens?: readonly string[];
  /** The order of tokens that occur equally often. */
  compare(a: string, b: string): number;
  /** Whether a whole vocabulary is in that order; by falling count otherwise. */
  readonly inOrder: boolean;
  /** A token in lower case. */
  lowercase(token: string): string;

  scanner(options: ScannerOptions): Scanner;
  /** The tokens of a text, where that is quicker without a scanner. */
  cut?(text: string): Iterable<string>;
  joiner(): Joiner;
  /**
   * Whether a space stands between such a character, at the edge of a text, and a word beside it; absent where no space
   * is implied between tokens.
   */
  impliesSpace?(character: string): boolean;

  /** Its parts of a `tokenizer.json`, by which it is recognised too: what is done to a text, and how tokens are joined. */
  readonly json: {
    readonly normalizers: readonly object[];
    readonly preTokenizer: object;
    readonly decoder: object | null;
  };

  /** The scheme for texts whose tokens white space parts already, if there is one. */
  readonly pretokenized?: TokenScheme;
}

/** Puts a text together token by token. */
export interface Joiner {
  /**
   * The text that a token makes certain, after those before it. An `added` one is no token of texts, but written out:
   * `<unk>`, `<label:Greek>`.
   */
  add(token: string, added: boolean): string;
  /** The text that is left when no token follows. */
  end(): string;
}
