/** The special tokens, which begin every vocabulary. */

/** Ids of the special tokens, the first of every vocabulary. */
export const UNK = 0;
export const BOS = 1;
export const EOS = 2;
export const PAD = 3;
/** How they are written in a vocabulary, by id. */
export const SPECIAL_TOKENS = ['<unk>', '<bos>', '<eos>', '<pad>'] as const;
