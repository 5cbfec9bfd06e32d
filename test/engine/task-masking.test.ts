/** Padded positions count for nothing in any task: not in the loss, the gradients or the other direction's states. */

import { describe, expect, it } from 'vitest';
import type { Batch, SourceBatch } from '../../src/text/types.ts';
import { expectClose, expectNumberClose, expectSameBits } from '../compare.ts';
import { runTask } from '../reference/model.ts';
import { CELLS, taskModels, taskName } from '../reference/networks.ts';
import { randomBatch, randomParameters } from '../reference/random.ts';
import { ADAM, readBits, readValues, withEngine } from './support.ts';

const LENGTHS = [7, 5, 5, 2, 1, 0];
const BATCH_SIZE = LENGTHS.length;
const STEPS = LENGTHS[0];
const training = { optimizer: ADAM, dropout: 0, seed: 1 };

/** A row of a time-major (T, B) without its padding. */
const column = (values: Int32Array, row: number, length: number) =>
  Int32Array.from({ length }, (_, t) => values[t * BATCH_SIZE + row]);

/** One row of a batch as a batch of its own, without its padding. */
function singleRow(batch: Batch, row: number): Batch {
  const { inputs, targets, source } = batch;
  const length = LENGTHS[row];
  const sourceRow = source?.rows[row] ?? 0;
  const sourceLength = source?.lengths[sourceRow] ?? 0;
  return {
    steps: length,
    inputs: column(inputs, row, length),
    targets: column(targets, row, targets.length === BATCH_SIZE ? 1 : length),
    fresh: true,
    ...(source && {
      source: {
        steps: sourceLength,
        inputs: column(source.inputs, sourceRow, sourceLength),
        lengths: Int32Array.of(sourceLength),
        rows: Int32Array.of(0),
      },
    }),
  };
}

/** `values` with `token` at all padded positions. */
function pad(values: Int32Array, lengths: ArrayLike<number>, token: number): Int32Array {
  return values.map((value, i) => (Math.floor(i / BATCH_SIZE) < lengths[i % BATCH_SIZE] ? value : token));
}

/** `values` with `extra` time steps more. */
const extend = (values: Int32Array, extra: number) =>
  Int32Array.of(...values, ...new Int32Array(extra * BATCH_SIZE).fill(3));

const padSource = (source: SourceBatch, token: number): SourceBatch => ({
  ...source,
  inputs: pad(source.inputs, source.lengths, token),
});

const networks = taskModels({ hidden: 17, embedding: 9, vocabulary: 19, classes: 13 }).map((network, i) => {
  const model = { ...network, ...CELLS[i % CELLS.length] };
  return { name: taskName(model), model };
});

describe.each(networks)('padding: $name', ({ model }) => {
  const options = { model, batchSize: BATCH_SIZE, sequenceLength: STEPS + 2, threads: 2 };
  const ragged = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths: LENGTHS, fresh: true }, 1);
  const aPosition = model.task !== 'classify';

  it("leaves each sequence's own loss", async () => {
    const together = await withEngine(options, (engine) => engine.evaluate(ragged));
    let lossSum = 0;
    let pastLossSum = 0;
    let tokens = 0;
    await withEngine({ ...options, batchSize: 1, threads: 1 }, async (engine) => {
      for (let row = 0; row < BATCH_SIZE; row++) {
        if (LENGTHS[row] === 0) continue;
        const alone = await engine.evaluate(singleRow(ragged, row));
        lossSum += alone.lossSum;
        pastLossSum += alone.pastLossSum ?? 0;
        tokens += alone.tokens;
      }
    });
    expect(together.tokens).toBe(tokens);
    expectNumberClose(together.lossSum, lossSum, 1e-6, 'summed loss');
    if (model.task === 'fill') expectNumberClose(together.pastLossSum!, pastLossSum, 1e-6, 'summed loss of the past');
  });

  it('is not among the targets that were the likeliest', async () => {
    const values = randomParameters(model, 1);
    const classes = model.classes;
    const { likeliest } = runTask(model, values, { ...ragged, lengths: Int32Array.from(LENGTHS) });
    // Every other target is the likeliest one, the next has another.
    const targets = Int32Array.from(likeliest, (token, at) => (at % 2 === 0 ? token : (token + 1) % classes));
    const rows = aPosition ? LENGTHS : LENGTHS.map((length) => Math.min(length, 1));
    const right = rows.flatMap((length, row) => Array.from({ length }, (_, t) => t * BATCH_SIZE + row));
    const result = await withEngine(options, (engine) => engine.evaluate({ ...ragged, targets }));
    expect(result.right).toBe(right.filter((at) => at % 2 === 0).length);
  });

  it('never reaches the loss, the gradients or the parameters, whatever it holds', async () => {
    const runs = [3, 12].map((token) =>
      withEngine({ ...options, training }, async (engine) => {
        const padded = {
          ...ragged,
          inputs: pad(ragged.inputs, LENGTHS, token),
          ...(aPosition && { targets: pad(ragged.targets, LENGTHS, token) }),
          ...(ragged.source && { source: padSource(ragged.source, token) }),
        };
        const { loss } = await engine.train(padded, 0.01);
        return { loss, gradients: readBits(engine.gradients), parameters: readBits(engine.parameters) };
      }),
    );
    const [one, other] = await Promise.all(runs);
    expect(one.loss).toBe(other.loss);
    expectSameBits(one.gradients, other.gradients, 'gradients');
    expectSameBits(one.parameters, other.parameters, 'parameters');
  });

  it('can go on beyond the longest sequence', async () => {
    const longer = {
      ...ragged,
      steps: STEPS + 2,
      inputs: extend(ragged.inputs, 2),
      ...(aPosition && { targets: extend(ragged.targets, 2) }),
    };
    const runs = [ragged, longer].map((batch) =>
      withEngine({ ...options, training }, async (engine) => {
        const { loss, tokens } = await engine.train(batch, 0.01);
        return { loss, tokens, gradients: readValues(engine.gradients) };
      }),
    );
    const [exact, padded] = await Promise.all(runs);
    expect(padded.tokens).toBe(exact.tokens);
    expectNumberClose(padded.loss, exact.loss, 1e-6, 'loss');
    expectClose(padded.gradients, exact.gradients, 1e-6, 'gradients');
  });

  it('does not remember the batch before', async () => {
    const other = randomBatch(
      model,
      { steps: STEPS + 2, batchSize: BATCH_SIZE, sourceSteps: STEPS + 3, fresh: true },
      2,
    );
    await withEngine({ ...options, training }, async (engine) => {
      await engine.train(ragged, 0);
      const first = readBits(engine.gradients);
      await engine.train(other, 0);
      await engine.train(ragged, 0);
      expectSameBits(readBits(engine.gradients), first, 'gradients after another batch');
    });
  });
});
