/** The sums of a CRF's kernels against the reference, and against all sequences one by one. */

import { describe, expect, it } from 'vitest';
import {
  type Address,
  f32Index,
  f64Index,
  i32Index,
  type KernelVariant,
  NOWHERE,
  offsetBy,
  panelsOf,
  shifted,
} from '../../src/kernels/index.ts';
import { expectClose, expectNumberClose } from '../compare.ts';
import { type Chain, chainScore, chainSums, enumerated } from '../reference/crf.ts';
import { randomChain } from '../reference/random.ts';
import { bench, place, usable } from './support.ts';

/** Sequences lie between others, as in a batch. */
const STRIDE = 3;

/** All that the kernels say of a chain; `targets` are taken off the probabilities and counts if given. */
function compute(variant: KernelVariant, chain: Chain, targets?: readonly number[], impossible?: Uint8Array) {
  const { kernels, floats, random, matrix } = bench(variant);
  const [doubles, ints] = [new Float64Array(floats.buffer), new Int32Array(floats.buffer)];
  const K = chain.start.length;
  const T = chain.emissions.length;
  const zeros = (bytes: number): Address => {
    const at = random(bytes / 4);
    floats.fill(0, f32Index(at), f32Index(at) + bytes / 4);
    return at;
  };
  const write = (values: ArrayLike<number>): Address => {
    const at = random(values.length);
    floats.set(values, f32Index(at));
    return at;
  };
  const writeInts = (values: ArrayLike<number>): Address => {
    const at = random(values.length);
    ints.set(values, i32Index(at));
    return at;
  };
  const whole = matrix(T * STRIDE, panelsOf(K));
  const emissions = shifted(whole, 0, 1);
  chain.emissions.forEach((emission, t) => {
    emission.forEach((value, k) => {
      floats[place(emissions, t * STRIDE, k)] = value;
    });
  });
  const others = floats.slice(f32Index(whole.base), f32Index(whole.base) + 16);
  const table = zeros((1 + 2 * K + 2 * K * K) * 8);
  const forbidden = impossible ? writeInts(impossible) : NOWHERE;
  kernels.crfChain(table, write(chain.start), write(chain.end), write(chain.transitions), forbidden, K);
  const scratch = zeros((T + 5) * K * 8);
  const path = zeros(T * 4);
  kernels.crfViterbi(emissions, STRIDE, T, K, table, scratch, path);
  const wanted = targets ? writeInts(targets.flatMap((target) => [target, 7, 7])) : NOWHERE;
  const score = targets ? kernels.crfScore(emissions, STRIDE, T, K, table, wanted) : 0;
  const partition = kernels.crfForward(emissions, STRIDE, T, K, table, scratch);
  const counts = zeros((2 * K + K * K) * 8);
  kernels.crfBackward(emissions, STRIDE, T, K, table, scratch, partition, wanted, 2, counts);
  expect(floats.slice(f32Index(whole.base), f32Index(whole.base) + 16)).toEqual(others);
  const panels = Array.from({ length: panelsOf(K) * 16 }, (_, k) => k);
  const counted = (first: number, count: number) =>
    doubles.slice(f64Index(offsetBy(counts, first * 8)), f64Index(offsetBy(counts, (first + count) * 8)));
  return {
    partition,
    score,
    likeliest: [...ints.slice(i32Index(path), i32Index(path) + T)],
    probabilities: chain.emissions.map((_, t) => panels.map((k) => floats[place(emissions, t * STRIDE, k)])),
    counts: { start: counted(0, K), end: counted(K, K), transitions: counted(2 * K, K * K) },
  };
}

/** The same by the reference's sums. */
function expectSums(
  actual: ReturnType<typeof compute>,
  { start }: Chain,
  { partition, marginals, pairs, likeliest }: ReturnType<typeof chainSums>,
  targets?: readonly number[],
): void {
  const K = start.length;
  const T = marginals.length;
  expectNumberClose(actual.partition, partition, 1e-13, 'partition');
  expect(actual.likeliest).toEqual(likeliest);
  const hit = (yes: boolean): number => (targets && yes ? 1 : 0);
  const probability = marginals.map((values, t) => values.map((value, k) => Math.exp(value) - hit(targets?.[t] === k)));
  const padding = new Array<number>(panelsOf(K) * 16 - K).fill(0);
  expectClose(
    { values: actual.probabilities.flat() },
    { values: probability.flatMap((values) => [...values.map((value) => 2 * value), ...padding]) },
    1e-7,
    'probabilities',
  );
  const transitions = new Float64Array(K * K);
  pairs.forEach((pair, t) => {
    pair.forEach((value, k) => {
      transitions[k] += Math.exp(value) - hit(targets !== undefined && targets[t] * K + targets[t + 1] === k);
    });
  });
  const expected = { start: probability[0], end: probability[T - 1], transitions };
  expectClose({ ...actual.counts }, expected, 1e-11, 'counts', 1e-3);
}

describe.each(usable)('a CRF on the %s kernel', (variant) => {
  it.each([
    { tags: 1, steps: 1, bound: 2 },
    { tags: 1, steps: 5, bound: 2 },
    { tags: 3, steps: 1, bound: 2 },
    { tags: 2, steps: 9, bound: 2 },
    { tags: 4, steps: 5, bound: 0.1 },
    { tags: 4, steps: 5, bound: 30 },
  ])('goes over all sequences: $tags tags, $steps positions, scores up to $bound', ({ tags, steps, bound }) => {
    const chain = randomChain(tags, steps, bound, 1);
    expectSums(compute(variant, chain), chain, enumerated(chain));
  });

  it.each([
    [16, 30],
    [17, 64],
    [50, 12],
    [7, 1000],
  ])('sums over %i tags at %i positions, less the targets', (tags, steps) => {
    const chain = randomChain(tags, steps, 3, tags);
    const targets = Array.from({ length: steps }, (_, t) => (7 * t * t + t) % tags);
    const actual = compute(variant, chain, targets);
    expectNumberClose(actual.score, chainScore(chain, targets), 1e-13, 'score');
    expectSums(actual, chain, chainSums(chain), targets);
  });

  it('loses nothing where scores are further apart than exponentials reach', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const chain = randomChain(4, 5, 3000, seed);
      expectSums(compute(variant, chain), chain, enumerated(chain));
    }
  });

  it('gives impossible transitions no probability and never takes them', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const chain = randomChain(4, 5, seed < 6 ? 4 : 2000, seed);
      // Tag 1 follows 2 alone, tag 3 may not begin, tag 0 may not end.
      const impossible = new Uint8Array(25);
      for (const before of [0, 1, 3, 4]) impossible[before * 5 + 1] = 1;
      impossible[4 * 5 + 3] = 1;
      impossible[0 * 5 + 4] = 1;
      const never = (i: number, j: number, score: number): number => (impossible[i * 5 + j] ? -Infinity : score);
      const possible: Chain = {
        emissions: chain.emissions,
        start: Array.from(chain.start, (score, j) => never(4, j, score)),
        end: Array.from(chain.end, (score, i) => never(i, 4, score)),
        transitions: Array.from(chain.transitions, (score, k) => never(Math.floor(k / 4), k % 4, score)),
      };
      const actual = compute(variant, chain, undefined, impossible);
      expectSums(actual, possible, enumerated(possible));
      expect(actual.counts.transitions[1]).toBe(0);
      expect(actual.probabilities[0][3]).toBe(0);
      expect(actual.probabilities[4][0]).toBe(0);
    }
  });

  it('takes the lower tags of sequences with the same score, from the last on', () => {
    const rounded = (values: ArrayLike<number>): Float64Array => Float64Array.from(values, Math.round);
    for (let seed = 1; seed <= 20; seed++) {
      const { emissions, start, end, transitions } = randomChain(3, 5, 1, seed);
      const scores = { start: rounded(start), end: rounded(end), transitions: rounded(transitions) };
      const chain: Chain = { emissions: emissions.map(rounded), ...scores };
      expect(compute(variant, chain).likeliest).toEqual(enumerated(chain).likeliest);
    }
  });

  it('takes the one way that is left, whatever the scores are', () => {
    const chain = randomChain(2, 6, 1e30, 3);
    // The tags take turns, 0 first.
    const impossible = Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 1, 0);
    expect(compute(variant, chain, undefined, impossible).likeliest).toEqual([0, 1, 0, 1, 0, 1]);
  });

  it('has no partition where a score is no number', () => {
    const chain = randomChain(3, 4, 1, 1);
    chain.emissions[2][1] = NaN;
    expect(compute(variant, chain).partition).toBeNaN();
    expect(compute(variant, { ...chain, transitions: new Array<number>(9).fill(NaN) }).partition).toBeNaN();
  });
});
