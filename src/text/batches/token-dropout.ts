/** Dropout of whole tokens ("word dropout"): in training some tokens of each batch are read as unknown ones. */

import { createRandom } from '../../random.ts';
import { PAD, signaturesOf, type Tokenizer, UNK } from '../tokens/index.ts';
import type { Batch, BatchSource } from '../types.ts';

/** Batch i draws from stream `DROPOUT_STREAM + i`. */
const DROPOUT_STREAM = 2 ** 31;

/**
 * The batches of `source`, in each of which every token read, but for special ones, becomes with probability `share`
 * what it would be were it not in the vocabulary: `<unk>`, or in a tagger's vocabulary the signature of the word. So
 * the model learns what the tokens around tell, and what to do with unknown ones (Iyyer et al. 2015, Kiperwasser and
 * Goldberg 2016). In `translate` it is the source that loses tokens. Which ones is a function of the seed and the
 * batch's number alone.
 */
export function dropTokens<S extends BatchSource>(source: S, tokenizer: Tokenizer, share: number, seed: number): S {
  if (share === 0) return source;
  const substitutes = unknownForms(tokenizer);
  const drop = (inputs: Int32Array, index: number): Int32Array => {
    const random = createRandom(seed, (DROPOUT_STREAM + index) % 2 ** 32);
    return inputs.map((id) => (id <= PAD || random.uniform() >= share ? id : substitutes[id]));
  };
  return {
    ...source,
    batch(index): Batch {
      const batch = source.batch(index);
      return batch.source
        ? { ...batch, source: { ...batch.source, inputs: drop(batch.source.inputs, index) } }
        : { ...batch, inputs: drop(batch.inputs, index) };
    },
  };
}

/** By id: the id that a token would have if the vocabulary lacked it. */
function unknownForms({ vocabulary, options }: Tokenizer): Int32Array {
  const forms = new Int32Array(vocabulary.length).fill(UNK);
  if (!options.unknownShapes) return forms;
  const ids = new Map(vocabulary.map((token, id) => [token, id]));
  vocabulary.forEach((token, id) => {
    const signature = signaturesOf(token).find((one) => ids.has(one));
    if (signature !== undefined) forms[id] = ids.get(signature)!;
  });
  return forms;
}
