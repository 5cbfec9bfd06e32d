/** What the text side hands out: tokens, and batches of them. */

/** Ids of the special tokens, the first of every vocabulary. */
export const UNK = 0;
export const BOS = 1;
export const EOS = 2;
export const PAD = 3;
/** How they are written in a vocabulary, by id. */
export const SPECIAL_TOKENS = ['<unk>', '<bos>', '<eos>', '<pad>'] as const;

/** How a text is cut into tokens, apart from the vocabulary. */
export interface TokenizerOptions {
  /** One token per Unicode code point, or words and punctuation. */
  kind: 'char' | 'word';
  /** Words only: the text is split on white space alone, and each line end is an `<eos>`. */
  pretokenized: boolean;
  /** Each code point in lower case before it is looked up. */
  lowercase: boolean;
  /** CRLF and CR are read as LF. */
  normalizeNewlines: boolean;
  /**
   * Pre-tokenized words only: an unknown word stands for its lower case, or by its looks for a token like
   * `<unk:Xx-ing>`; false by default.
   */
  unknownShapes?: boolean;
}

export interface Tokenizer {
  readonly kind: 'char' | 'word';
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
  /**
   * For printing tokens as they come: each call gives the text that `id` adds after the ids before it, so that the pieces joined
   * equal `decode` of them all (words need to know what stands before them for their spaces).
   */
  streamDecoder(special?: boolean): (id: number) => string;
  /** The `tokenizer.json` of Hugging Face tokenizers. */
  toJSON(): object;
}

/** A long row of token ids, in memory or in a file. */
export interface TokenStore {
  readonly length: number;
  /** Copies `count` ids from `start` into `target` at `offset`, `stride` apart (1 by default). */
  read(start: number, count: number, target: Int32Array, offset: number, stride?: number): void;
  close(): void;
}

/**
 * One chunk of T time steps for B rows. Time-major: position (t, b) is at index `t * B + b`.
 * Rows are ordered by falling length, so that the rows still alive at a time step are always the first ones.
 */
export interface Batch {
  /** T, at most the sequence length. */
  steps: number;
  /** (T, B) token ids. */
  inputs: Int32Array;
  /** (T, B) ids to predict, -1 where there is none; for `classify` (B), a label a row. */
  targets: Int32Array;
  /** (B) valid positions of each row, falling, 0 allowed; without it every position is valid. */
  lengths?: Int32Array;
  /** True: every row starts from the zero state. False: from the state that the last chunk left. */
  fresh: boolean;
  /**
   * For `fill`: time steps after which the state of the past is left to the next chunk; the others come again there.
   * All if absent.
   */
  carry?: number;
  /** For `translate`: what the encoder reads, while `inputs` is what the decoder does. */
  source?: SourceBatch;
}

/** The sources of a batch, in an order of their own: by falling length too. */
export interface SourceBatch {
  /** Time steps, at most the engine's source length. */
  steps: number;
  /** (steps, B) token ids, time-major. */
  inputs: Int32Array;
  /** (B) lengths, falling; each is 1 or more, but 0 in rows without a sequence. */
  lengths: Int32Array;
  /** (B): row b of the batch belongs to source row `rows[b]`; a permutation. */
  rows: Int32Array;
}

/**
 * Batches as a pure function of their number, so that a resumed run sees the same ones. Numbers go on over the epochs:
 * batch `index` belongs to epoch `floor(index / batchesPerEpoch)`.
 */
export interface BatchSource {
  readonly batchesPerEpoch: number;
  /** Positions with a target in one epoch. */
  readonly tokensPerEpoch: number;
  batch(index: number): Batch;
}
