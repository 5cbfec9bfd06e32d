/** The sums of the reference CRF against all sequences of tags, one by one. */

import { describe, expect, it } from 'vitest';
import { expectClose, expectNumberClose } from '../compare.ts';
import { type ChainSums, chainSums, enumerated, joined } from './crf.ts';
import { randomChain } from './random.ts';

describe('a CRF over all sequences of tags', () => {
  it.each([
    [1, 1],
    [1, 4],
    [3, 1],
    [2, 6],
    [4, 5],
  ])('has the sums of %i tags at %i positions', (tags, steps) => {
    const chain = randomChain(tags, steps, 2, 10 * tags + steps);
    const actual = chainSums(chain);
    const expected = enumerated(chain);
    expectNumberClose(actual.partition, expected.partition, 1e-13, 'partition');
    const flat = ({ marginals, pairs }: ChainSums) => ({ marginals: joined(marginals), pairs: joined(pairs) });
    expectClose(flat(actual), flat(expected), 1e-12, 'log-probabilities', 1);
    expect(actual.likeliest).toEqual(expected.likeliest);
  });
});
