import { describe, expect, it } from 'vitest';
import { beam, greedy } from '../../src/decode/index.ts';
import { InputError } from '../../src/errors.ts';
import { tableModel, tangled } from './table.ts';

const EOS = 4;

describe('greedy', () => {
  /** A model whose rows start differently, as those of sources do: row r of `sources` after the history [10 + r]. */
  const rowsModel = (sources: readonly number[]) => {
    const model = tableModel(6, tangled(6, 3));
    return { ...model, start: () => sources.map((source) => [10 + source]) };
  };

  it('gives each row what a beam of 1 gives it alone', () => {
    const sources = Array.from({ length: 20 }, (_, i) => i);
    for (const forbidden of [[], [0, 3]]) {
      const options = { bos: 1, eos: EOS, length: 5, forbidden };
      const found = greedy(rowsModel(sources), { ...options, rows: sources.length });
      sources.forEach((source, i) => {
        const [alone] = beam(rowsModel([source]), { ...options, prompt: [1], width: 1 });
        const { tokens, logProbabilities, finished } = alone;
        expect(found[i]).toEqual({ tokens, logProbabilities, finished });
      });
      expect(new Set(found.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(2);
      if (forbidden.length === 0) expect(found.some(({ finished }) => !finished)).toBe(true);
    }
  });

  it('feeds the model no row that has ended', () => {
    const model = rowsModel([0, 1, 2, 3]);
    const found = greedy(model, { bos: 1, eos: EOS, length: 12, forbidden: [], rows: 4 });
    const lengths = found.map(({ tokens }) => tokens.length);
    expect(model.batches).toEqual(
      Array.from({ length: Math.max(...lengths) }, (_, step) => lengths.filter((length) => length > step).length),
    );
  });

  it('refuses a length of nothing', () => {
    expect(() => greedy(rowsModel([0]), { bos: 1, eos: EOS, length: 0, forbidden: [], rows: 1 })).toThrow(InputError);
  });
});
