import { describe, expect, it } from 'vitest';
import { dropTokens } from '../../../src/text/batches/token-dropout.ts';
import { createTokenizer, SPECIAL_TOKENS, UNK } from '../../../src/text/tokens/index.ts';
import type { Batch, BatchSource } from '../../../src/text/types.ts';

const OPTIONS = { pretokenized: false, lowercase: false, normalizeNewlines: false };
const letters = createTokenizer([...SPECIAL_TOKENS, 'a', 'b'], { kind: 'char', ...OPTIONS });
const inputs = Int32Array.from({ length: 3000 }, (_, i) => [1, 3, 4, 5][i % 4]);

function sourceOf(batch: Batch): BatchSource {
  return { batchesPerEpoch: 1, tokensPerEpoch: inputs.length, batch: () => batch };
}
const plain = sourceOf({ steps: 1, inputs, targets: inputs, fresh: true });

describe('token dropout', () => {
  it('turns the share asked for into unknown tokens, and leaves special ones and targets alone', () => {
    const batch = dropTokens(plain, letters, 0.3, 1).batch(0);
    let dropped = 0;
    batch.inputs.forEach((id, i) => {
      if (id === inputs[i]) return;
      expect(id).toBe(UNK);
      expect(inputs[i]).toBeGreaterThan(3);
      dropped++;
    });
    // 1500 tokens, a standard deviation of 18.
    expect(Math.abs(dropped - 450)).toBeLessThan(90);
    expect(batch.targets).toEqual(inputs);
  });

  it('depends on the seed and the number of the batch alone', () => {
    const first = dropTokens(plain, letters, 0.3, 1);
    expect(first.batch(7).inputs).toEqual(dropTokens(plain, letters, 0.3, 1).batch(7).inputs);
    expect(first.batch(7).inputs).not.toEqual(first.batch(8).inputs);
    expect(first.batch(7).inputs).not.toEqual(dropTokens(plain, letters, 0.3, 2).batch(7).inputs);
  });

  it('does nothing at 0', () => {
    expect(dropTokens(plain, letters, 0, 1)).toBe(plain);
  });

  it("puts a word's signature in its place in a tagger's vocabulary", () => {
    const words = [...SPECIAL_TOKENS, 'running', 'cat', '<unk:x-ing>'];
    const tagger = createTokenizer(words, { kind: 'word', ...OPTIONS, pretokenized: true, unknownShapes: true });
    const ids = Int32Array.of(4, 5);
    const batch = dropTokens(sourceOf({ steps: 1, inputs: ids, targets: ids, fresh: true }), tagger, 1 - 2 ** -40, 1);
    expect([...batch.batch(0).inputs]).toEqual([6, UNK]);
  });

  it('takes tokens from the source of a translation', () => {
    const rows = Int32Array.of(0);
    const source = { steps: 2, inputs: Int32Array.of(4, 5), lengths: Int32Array.of(2), rows };
    const translation = { steps: 1, inputs: Int32Array.of(4), targets: Int32Array.of(2), fresh: true, source };
    const batch = dropTokens(sourceOf(translation), letters, 1 - 2 ** -40, 1).batch(0);
    expect([...batch.source!.inputs]).toEqual([UNK, UNK]);
    expect([...batch.inputs]).toEqual([4]);
  });
});
