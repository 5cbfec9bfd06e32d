/**
 * Updates of a large embedding by the rows in use, against a plain optimizer over all rows, and what else they must not
 * change.
 */

import { describe, expect, it } from 'vitest';
import type { OptimizerName } from '../../src/engine/index.ts';
import { createPlan } from '../../src/engine/plan.ts';
import type { Engine, EngineOptions, OptimizerConfig } from '../../src/engine/types.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/text/types.ts';
import { expectClose, expectNumberClose, expectSameBits } from '../compare.ts';
import { runModel, type Values, zeroStates } from '../reference/model.ts';
import { createOptimizerState, globalNorm, type OptimizerState, updateParameters } from '../reference/optimizer.ts';
import { modelConfig, raggedLengths, randomBatch } from '../reference/random.ts';
import { ADAM, readBits, readValues, restingElements, usedTokens, withEngine, writeValues } from './support.ts';

const BATCH_SIZE = 16;
const STEPS = 5;
const UPDATES = 6;
const model = modelConfig({ cell: 'rnn', hidden: 16, embedding: 8, vocabulary: 1100 });
/** Stands in the padding alone. */
const NEVER_USED = 1099;

const optionsFor = (optimizer: OptimizerConfig, changes: Partial<EngineOptions> = {}): EngineOptions => ({
  model,
  batchSize: BATCH_SIZE,
  sequenceLength: STEPS,
  threads: 2,
  kernel: 'strict',
  training: { optimizer, dropout: 0, seed: 1 },
  ...changes,
});

/**
 * Chunk `step` reads from one of three sets of 60 tokens in turn, and a token of its own: rows come back after two
 * updates, or never.
 */
function chunk(step: number): Batch {
  const lengths = step % 2 === 1 ? raggedLengths(STEPS, BATCH_SIZE) : undefined;
  const batch = randomBatch(model, { steps: STEPS, batchSize: BATCH_SIZE, lengths, fresh: true }, step);
  const inputs = batch.inputs.map((token, i) => {
    if (Math.floor(i / BATCH_SIZE) >= (lengths?.[i % BATCH_SIZE] ?? STEPS)) return NEVER_USED;
    return i === 0 ? 900 + step : (step % 3) * 60 + (token % 60);
  });
  return { ...batch, inputs };
}

async function train(engine: Engine, from: number, to: number): Promise<void> {
  for (let step = from; step < to; step++) await engine.train(chunk(step), 0.02);
}

/** The bits of everything that training has changed. */
const snapshot = (engine: Engine) => readBits([...engine.parameters, ...engine.moments]);

/** What each of an optimizer's moments keeps in an update without a gradient, and the reference's name for the moment. */
const KEPT: Record<OptimizerName, { share: number; of: 'first' | 'second' }[]> = {
  adam: [
    { share: 0.9, of: 'first' },
    { share: 0.999, of: 'second' },
  ],
  adamw: [
    { share: 0.9, of: 'first' },
    { share: 0.999, of: 'second' },
  ],
  rmsprop: [{ share: 0.99, of: 'second' }],
  sgd: [{ share: 0.9, of: 'first' }],
  lion: [{ share: 0.99, of: 'first' }],
  muon: [
    { share: 0.9, of: 'first' },
    { share: 0.999, of: 'second' },
  ],
};

/** The embedding's moments as they would be had they decayed in every update, those that a row was not in included. */
function embeddingMoments(engine: Engine, optimizer: OptimizerName, { embedding: E }: ModelConfig): Values {
  const lastUpdate = engine.moments.find(({ name }) => name === 'embedding_last_update')!.data;
  const moments = KEPT[optimizer].map(({ share, of }, i) => {
    const stored = Float64Array.from(engine.moments[i].data.subarray(0, lastUpdate.length * E));
    const missed = (index: number): number => engine.updates - lastUpdate[Math.floor(index / E)];
    return [of, stored.map((value, index) => value * share ** missed(index))] as const;
  });
  return Object.fromEntries(moments);
}

function referenceMoments(optimizer: OptimizerName, state: OptimizerState): Values {
  return Object.fromEntries(KEPT[optimizer].map(({ of }) => [of, state[of]['embedding.weight']]));
}

describe('updates by the rows in use', () => {
  it.each<OptimizerConfig>([
    { name: 'adam', weightDecay: 0, clip: 0.25 },
    { name: 'adam', weightDecay: 0.1, clip: 0 },
    { name: 'adamw', weightDecay: 0.5, clip: 0.25 },
    { name: 'rmsprop', weightDecay: 0.1, clip: 0.25 },
    { name: 'sgd', weightDecay: 0.1, clip: 0.25 },
    { name: 'lion', weightDecay: 0.1, clip: 0.25 },
    { name: 'muon', weightDecay: 0.1, clip: 0.25 },
  ])('are those of a plain $name (weight decay $weightDecay) whose other rows rest', async (optimizer) => {
    await withEngine(optionsFor(optimizer), async (engine) => {
      const moments = createOptimizerState(model, readValues(engine.parameters));
      const lastUpdate = new Float64Array(model.vocabulary);
      for (let step = 0; step < UPDATES; step++) {
        const batch = chunk(step);
        const parameters = readValues(engine.parameters);
        const expected = runModel(model, parameters, batch, zeroStates(model, BATCH_SIZE));
        const { gradientNorm } = await engine.train(batch, 0.02);

        const what = `of step ${step}`;
        const gradients = readValues(engine.gradients);
        expectClose(gradients, expected.gradients, 1e-5, `gradients ${what}`);
        expectNumberClose(gradientNorm, globalNorm(expected.gradients), 1e-5, `norm ${what}`);
        updateParameters(optimizer, 0.02, parameters, gradients, moments, restingElements(engine, model, batch));
        expectClose(readValues(engine.parameters), parameters, 1e-5, `parameters ${what}`);
        const actual = embeddingMoments(engine, optimizer.name, model);
        expectClose(actual, referenceMoments(optimizer.name, moments), 1e-5, `moments ${what}`);
        for (const token of usedTokens(batch)) lastUpdate[token] = step + 1;
        expect(readValues(engine.moments).embedding_last_update).toEqual(lastUpdate);
        // An evaluation uses rows, but changes none.
        await engine.evaluate(chunk(step + 1));
      }
      expect(new Set(lastUpdate).size).toBe(UPDATES + 1);
      expect(lastUpdate[NEVER_USED]).toBe(0);
    });
  });

  it('leave the rows of other tokens as they were, to the bit', async () => {
    await withEngine(optionsFor({ ...ADAM, weightDecay: 0.1 }), async (engine) => {
      const rows = () => readBits(engine.parameters)['embedding.weight'];
      const before = rows();
      await train(engine, 0, UPDATES);
      const used = new Set(Array.from({ length: UPDATES }, (_, step) => [...usedTokens(chunk(step))]).flat());
      rows().forEach((bits, i) => {
        if (used.has(Math.floor(i / model.embedding))) expect(bits).not.toBe(before[i]);
        else expect(bits).toBe(before[i]);
      });
    });
  });

  it('give the same bits for any number of threads', async () => {
    const runs = [1, 2, 3].map((threads) =>
      withEngine(optionsFor(ADAM, { threads }), async (engine) => {
        await train(engine, 0, UPDATES);
        return snapshot(engine);
      }),
    );
    const [alone, two, three] = await Promise.all(runs);
    expectSameBits(two, alone, '2 threads');
    expectSameBits(three, alone, '3 threads');
  });

  it('go on after a restart with the bits of a run that was not stopped', async () => {
    const through = await withEngine(optionsFor(ADAM), async (engine) => {
      await train(engine, 0, UPDATES);
      return snapshot(engine);
    });
    const stopped = await withEngine(optionsFor(ADAM), async (engine) => {
      await train(engine, 0, 2);
      const { updates } = engine;
      return {
        parameters: readValues(engine.parameters),
        moments: readValues(engine.moments),
        state: engine.readState(),
        updates,
      };
    });
    await withEngine(optionsFor(ADAM), async (engine) => {
      writeValues(engine.parameters, stopped.parameters);
      writeValues(engine.moments, stopped.moments);
      engine.writeState(stopped.state);
      engine.updates = stopped.updates;
      await train(engine, 2, UPDATES);
      expectSameBits(snapshot(engine), through, 'the resumed run');
    });
  });

  it('are not made when the loss is not finite, and the next ones are as if that step had not been', async () => {
    const undisturbed = await withEngine(optionsFor(ADAM), async (engine) => {
      await train(engine, 0, 3);
      return { ...snapshot(engine), ...gradientBits(engine) };
    });
    await withEngine(optionsFor(ADAM), async (engine) => {
      await train(engine, 0, 2);
      const { data } = engine.parameters.find(({ name }) => name === 'rnn.weight_hh_l0')!;
      const kept = data[3];
      data[3] = NaN;
      const broken = snapshot(engine);
      const { applied } = await engine.train(chunk(4), 0.02);
      expect(applied).toBe(false);
      expect(engine.updates).toBe(2);
      expectSameBits(snapshot(engine), broken, 'after the step');
      data[3] = kept;
      await train(engine, 2, 3);
      expectSameBits({ ...snapshot(engine), ...gradientBits(engine) }, undisturbed, 'the run that went on');
    });
  });
});

function gradientBits(engine: Engine): Record<string, Uint32Array> {
  return Object.fromEntries(Object.entries(readBits(engine.gradients)).map(([name, bits]) => [`d ${name}`, bits]));
}

describe('an embedding', () => {
  const isSparse = (changes: Partial<EngineOptions>): boolean =>
    createPlan(optionsFor(ADAM, changes)).sparse.length > 0;

  it.each<{ name: string; expected: boolean; changes: Partial<EngineOptions> }>([
    { name: 'large and untied', expected: true, changes: {} },
    { name: 'small', expected: false, changes: { model: { ...model, vocabulary: 1023 } } },
    { name: 'tied to the output', expected: false, changes: { model: { ...model, embedding: 16, tie: true } } },
    { name: 'of a width that is no multiple of 8', expected: false, changes: { model: { ...model, embedding: 12 } } },
    { name: 'smaller than half a chunk', expected: false, changes: { batchSize: 440 } },
  ])('$name goes by rows: $expected', ({ changes, expected }) => {
    expect(isSparse(changes)).toBe(expected);
  });
});
