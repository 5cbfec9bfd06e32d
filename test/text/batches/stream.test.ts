/** Batches of streams and documents: every target once, rows that go on, padding where it belongs, the same each time. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import {
  type Batch,
  type BatchSource,
  BOS,
  type Documents,
  documentBatches,
  EOS,
  evaluationBatches,
  fillBatches,
  fillDocumentBatches,
  fillEvaluationBatches,
  PAD,
  streamBatches,
  type TokenStore,
} from '../../../src/text/index.ts';
import { createTokenStore } from '../../../src/text/read/token-store.ts';

function storeOf(ids: number[]): TokenStore {
  const store = createTokenStore();
  store.append(Int32Array.from(ids), ids.length, Math.max(...ids, 0) + 1);
  return store;
}

/** A store whose token at position p is p + 4, so that a batch tells where it was read. */
const positions = (length: number): TokenStore => storeOf(Array.from({ length }, (_, i) => i + 4));

function copy(batch: Batch): Batch {
  const copied = { ...batch, inputs: batch.inputs.slice(), targets: batch.targets.slice() };
  return batch.lengths ? { ...copied, lengths: batch.lengths.slice() } : copied;
}

const epoch = (source: BatchSource, number = 0): Batch[] =>
  Array.from({ length: source.batchesPerEpoch }, (_, i) => copy(source.batch(number * source.batchesPerEpoch + i)));

/** Valid (input, target) pairs of the rows over an epoch; checks the shape and the padding of each batch. */
function rows(batches: Batch[], batchSize: number, sequenceLength: number): [number, number][][] {
  const pairs: [number, number][][] = [];
  let current: [number, number][][] = [];
  for (const batch of batches) {
    const lengths = batch.lengths ?? new Int32Array(batchSize).fill(batch.steps);
    expect(batch.inputs).toHaveLength(batch.steps * batchSize);
    expect(batch.targets).toHaveLength(batch.steps * batchSize);
    expect(batch.steps).toBeLessThanOrEqual(sequenceLength);
    expect(lengths[0]).toBe(batch.steps);
    expect([...lengths]).toEqual([...lengths].sort((a, b) => b - a));
    if (batch.fresh) {
      current = Array.from({ length: batchSize }, () => []);
      pairs.push(...current);
    }
    for (let t = 0; t < batch.steps; t++) {
      for (let b = 0; b < batchSize; b++) {
        const [input, target] = [batch.inputs[t * batchSize + b], batch.targets[t * batchSize + b]];
        if (t < lengths[b]) current[b].push([input, target]);
        else expect([input, target]).toEqual([PAD, PAD]);
      }
    }
  }
  return pairs;
}

describe('stream batches', () => {
  it('run through the text in rows', () => {
    const source = streamBatches(positions(12), { batchSize: 2, sequenceLength: 3 });
    expect(source).toMatchObject({ batchesPerEpoch: 2, tokensPerEpoch: 10 });
    expect(epoch(source)).toEqual([
      {
        steps: 3,
        fresh: true,
        inputs: Int32Array.of(4, 9, 5, 10, 6, 11),
        targets: Int32Array.of(5, 10, 6, 11, 7, 12),
      },
      { steps: 2, fresh: false, inputs: Int32Array.of(7, 12, 8, 13), targets: Int32Array.of(8, 13, 9, 14) },
    ]);
    expect(epoch(source, 3)).toEqual(epoch(source));
  });

  const shape = fc.record({
    batchSize: fc.integer({ min: 1, max: 5 }),
    sequenceLength: fc.integer({ min: 1, max: 6 }),
  });

  it('have every target but a last few once, each row following itself', () => {
    fc.assert(
      fc.property(shape, fc.nat(60), (options, more) => {
        const { batchSize, sequenceLength } = options;
        const length = batchSize * sequenceLength + 1 + more;
        const source = streamBatches(positions(length), options);
        const pairs = rows(epoch(source), batchSize, sequenceLength);
        const expected = Array.from({ length: source.tokensPerEpoch }, (_, i) => [i + 4, i + 5]);
        expect(pairs.flat()).toEqual(expected);
        expect(length - 1 - source.tokensPerEpoch).toBeLessThan(batchSize);
      }),
    );
  });

  it('for evaluation have every target once, however short the text', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 2, max: 60 }), (options, length) => {
        const source = evaluationBatches(positions(length), options);
        const pairs = rows(epoch(source), options.batchSize, options.sequenceLength);
        expect(pairs.flat()).toEqual(Array.from({ length: length - 1 }, (_, i) => [i + 4, i + 5]));
        expect(source.tokensPerEpoch).toBe(length - 1);
        expect(epoch(source)[0].fresh).toBe(true);
      }),
    );
  });

  it('of a text too short say the numbers', () => {
    const short = () => streamBatches(positions(12), { batchSize: 2, sequenceLength: 6 });
    expect(short).toThrow(InputError);
    expect(short).toThrow(/12 tokens.*2 rows of 6 takes 13/);
  });
});

/** Documents of the given numbers of words; word j of document i is 100 i + j + 10. */
function documentsOf(sizes: number[]): Documents {
  const starts: number[] = [];
  const ids: number[] = [];
  sizes.forEach((size, i) => {
    starts.push(ids.length);
    for (let j = 0; j < size; j++) ids.push(100 * i + j + 10);
    ids.push(EOS);
  });
  return {
    tokens: storeOf(ids),
    starts: Uint32Array.from(starts),
    lengths: Uint32Array.from(sizes, (size) => size + 1),
  };
}

describe('document batches', () => {
  it('pad the end of the shorter rows', () => {
    const source = documentBatches(documentsOf([1, 3]), { batchSize: 3, sequenceLength: 3, seed: 0 });
    expect(source).toMatchObject({ batchesPerEpoch: 2, tokensPerEpoch: 6, padding: 0.5 });
    expect(epoch(source)).toEqual([
      {
        steps: 3,
        fresh: true,
        lengths: Int32Array.of(3, 2, 0),
        inputs: Int32Array.of(BOS, BOS, PAD, 110, 10, PAD, 111, PAD, PAD),
        targets: Int32Array.of(110, 10, PAD, 111, EOS, PAD, 112, PAD, PAD),
      },
      {
        steps: 1,
        fresh: false,
        lengths: Int32Array.of(1, 0, 0),
        inputs: Int32Array.of(112, PAD, PAD),
        targets: Int32Array.of(EOS, PAD, PAD),
      },
    ]);
  });

  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 40 });
  const options = fc.record({
    batchSize: fc.integer({ min: 1, max: 5 }),
    sequenceLength: fc.integer({ min: 1, max: 8 }),
    seed: fc.nat(),
    shuffle: fc.boolean(),
  });

  it('have every document whole, once an epoch', () => {
    fc.assert(
      fc.property(sizes, options, fc.nat(3), (lengths, choice, number) => {
        const source = documentBatches(documentsOf(lengths), choice);
        const pairs = rows(epoch(source, number), choice.batchSize, choice.sequenceLength).filter(
          (row) => row.length > 0,
        );
        pairs.sort((a, b) => a[0][1] - b[0][1]);
        const expected = lengths.map((size, i) => {
          const words = Array.from({ length: size }, (_, j) => 100 * i + j + 10);
          return [...words, EOS].map((word, j) => [j === 0 ? BOS : words[j - 1], word]);
        });
        expect(pairs).toEqual(expected);
        expect(source.tokensPerEpoch).toBe(lengths.reduce((sum, size) => sum + size + 1, 0));
      }),
    );
  });

  it('are the same by number, in whatever order they are asked for', () => {
    fc.assert(
      fc.property(
        sizes,
        options,
        fc.array(fc.nat(100), { minLength: 1, maxLength: 10 }),
        (lengths, choice, numbers) => {
          const documents = documentsOf(lengths);
          const source = documentBatches(documents, choice);
          for (const number of numbers) {
            const alone = documentBatches(documents, choice);
            expect(copy(source.batch(number))).toEqual(copy(alone.batch(number)));
          }
        },
      ),
    );
  });

  const many = Array.from({ length: 3000 }, (_, i) => 1 + ((i * 7919) % 50));

  it('come in another order each epoch and for each seed, and in one order without a shuffle', () => {
    const first = (seed: number, number: number, shuffle = true): number[] => {
      const source = documentBatches(documentsOf(many), { batchSize: 8, sequenceLength: 64, seed, shuffle });
      return epoch(source, number).map((batch) => batch.targets[0]);
    };
    expect(first(1, 0)).toEqual(first(1, 0));
    expect(first(1, 1)).not.toEqual(first(1, 0));
    expect(first(2, 0)).not.toEqual(first(1, 0));
    expect(first(2, 1, false)).toEqual(first(1, 0, false));
  });

  it('have little padding, and state its share', () => {
    const source = documentBatches(documentsOf(many), { batchSize: 16, sequenceLength: 64, seed: 1, shuffle: true });
    const batches = epoch(source);
    const computed = batches.reduce((sum, batch) => sum + batch.steps * 16, 0);
    expect(source.padding).toBeCloseTo(1 - source.tokensPerEpoch / computed, 12);
    // Without sorting, the longest of 16 is far above the mean: about 45 % padding.
    expect(source.padding).toBeLessThan(0.05);
  });
});

/**
 * The targets of the rows over an epoch of filling in, in order; checks that each is the input of its place, that
 * nothing beyond `carry` has one, and that the inputs go on at `carry`.
 */
function filled(batches: Batch[], batchSize: number, sequenceLength: number): number[][] {
  const found: number[][] = [];
  let current: number[][] = [];
  let expected: (number | undefined)[] = [];
  for (const batch of batches) {
    const lengths = batch.lengths ?? new Int32Array(batchSize).fill(batch.steps);
    expect(batch.steps).toBeLessThanOrEqual(sequenceLength);
    expect([...lengths]).toEqual([...lengths].sort((a, b) => b - a));
    expect(lengths[0]).toBe(batch.steps);
    if (batch.fresh) {
      current = Array.from({ length: batchSize }, () => []);
      found.push(...current);
      expected = [];
    }
    for (let b = 0; b < batchSize; b++) {
      const at = (t: number): number => t * batchSize + b;
      if (lengths[b] > 0 && expected[b] !== undefined) expect(batch.inputs[at(0)]).toBe(expected[b]);
      for (let t = 0; t < batch.steps; t++) {
        const target = batch.targets[at(t)];
        if (t >= lengths[b]) expect([batch.inputs[at(t)], target]).toEqual([PAD, -1]);
        else if (target !== -1) {
          expect(target).toBe(batch.inputs[at(t)]);
          current[b].push(target);
        }
      }
      const goesOn = batch.carry !== undefined && batch.carry < lengths[b];
      expected[b] = goesOn ? batch.inputs[at(batch.carry!)] : undefined;
    }
  }
  return found;
}

describe('batches for filling in', () => {
  it('look ahead at the end of a chunk, and come again there', () => {
    const source = fillBatches(positions(10), { batchSize: 2, sequenceLength: 4, lookahead: 2 });
    expect(source).toMatchObject({ batchesPerEpoch: 2, tokensPerEpoch: 10 });
    expect(epoch(source)).toEqual([
      {
        steps: 4,
        fresh: true,
        carry: 2,
        inputs: Int32Array.of(4, 9, 5, 10, 6, 11, 7, 12),
        targets: Int32Array.of(4, 9, 5, 10, -1, -1, -1, -1),
      },
      {
        steps: 3,
        fresh: false,
        inputs: Int32Array.of(6, 11, 7, 12, 8, 13),
        targets: Int32Array.of(6, 11, 7, 12, 8, 13),
      },
    ]);
    expect(epoch(source, 2)).toEqual(epoch(source));
  });

  const shape = fc.integer({ min: 2, max: 8 }).chain((sequenceLength) =>
    fc.record({
      batchSize: fc.integer({ min: 1, max: 5 }),
      sequenceLength: fc.constant(sequenceLength),
      lookahead: fc.integer({ min: 1, max: sequenceLength - 1 }),
    }),
  );

  it('have every token but a last few as a target once', () => {
    fc.assert(
      fc.property(shape, fc.nat(60), (options, more) => {
        const { batchSize, sequenceLength } = options;
        const length = batchSize * sequenceLength + more;
        const source = fillBatches(positions(length), options);
        const targets = filled(epoch(source), batchSize, sequenceLength).flat();
        expect(targets).toEqual(Array.from({ length: source.tokensPerEpoch }, (_, i) => i + 4));
        expect(length - source.tokensPerEpoch).toBeLessThan(batchSize);
      }),
    );
  });

  it('for evaluation have every token as a target once, however short the text', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 60 }), (options, length) => {
        const source = fillEvaluationBatches(positions(length), options);
        const targets = filled(epoch(source), options.batchSize, options.sequenceLength).flat();
        expect(targets).toEqual(Array.from({ length }, (_, i) => i + 4));
        expect(source.tokensPerEpoch).toBe(length);
      }),
    );
  });

  const sizes = fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 40 });

  it('of documents have every word of each as a target once, and no <bos> or <eos>', () => {
    fc.assert(
      fc.property(sizes, shape, fc.nat(), fc.boolean(), fc.nat(3), (lengths, options, seed, shuffle, number) => {
        const source = fillDocumentBatches(documentsOf(lengths), { ...options, seed, shuffle });
        const targets = filled(epoch(source, number), options.batchSize, options.sequenceLength);
        const documents = targets.filter((row) => row.length > 0).sort((a, b) => a[0] - b[0]);
        expect(documents).toEqual(lengths.map((size, i) => Array.from({ length: size }, (_, j) => 100 * i + j + 10)));
        expect(source.tokensPerEpoch).toBe(documents.flat().length);
      }),
    );
  });

  it('of documents are whole, and state the share of padding', () => {
    const source = fillDocumentBatches(documentsOf([1, 3]), { batchSize: 2, sequenceLength: 4, lookahead: 1, seed: 0 });
    expect(source.padding).toBeCloseTo(3 / 12, 12);
    expect(epoch(source)).toEqual([
      {
        steps: 4,
        fresh: true,
        carry: 3,
        lengths: Int32Array.of(4, 3),
        inputs: Int32Array.of(BOS, BOS, 110, 10, 111, EOS, 112, PAD),
        targets: Int32Array.of(-1, -1, 110, 10, 111, -1, -1, -1),
      },
      {
        steps: 2,
        fresh: false,
        lengths: Int32Array.of(2, 0),
        inputs: Int32Array.of(112, PAD, EOS, PAD),
        targets: Int32Array.of(112, -1, -1, -1),
      },
    ]);
  });

  it.each([0, 4, Number.NaN])('with a lookahead of %d in 4 steps are refused', (lookahead) => {
    const shape = { batchSize: 1, sequenceLength: 4, lookahead };
    expect(() => fillBatches(positions(9), shape)).toThrow(InputError);
    expect(() => fillDocumentBatches(documentsOf([1]), { ...shape, seed: 0 })).toThrow(
      /lookahead of .* seqLength of 4/,
    );
  });

  it('of a text too short say the numbers', () => {
    const short = () => fillBatches(positions(11), { batchSize: 2, sequenceLength: 6, lookahead: 1 });
    expect(short).toThrow(/11 tokens.*2 rows of 6 takes 12/);
  });
});
