/** Labels of which one is rare: class weights, and the weights with the best macro F1. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate, InputError, load, type TrainEvent, type TrainOptions, train } from '../../src/index.ts';
import { createRandom } from '../../src/random.ts';
import { temporaryFolder } from '../temporary.ts';

/** Texts of which one in twenty is rare; nearly all of these have a `z`, and some of the others, which are more. */
function corpus(): string {
  const random = createRandom(1, 0);
  const lines = Array.from({ length: 1000 }, (_, i) => {
    const letters = Array.from({ length: 6 }, () => 'abcdefgh'[random.integer(8)]);
    const rare = i % 20 === 0;
    if (random.uniform() < (rare ? 0.95 : 0.15)) letters[random.integer(6)] = 'z';
    return `${rare ? 'rare' : 'common'}\t${letters.join('')}`;
  });
  const file = join(temporaryFolder(), 'labels.tsv');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

async function trained(given: Partial<TrainOptions>) {
  const events: TrainEvent[] = [];
  const { run, done } = await train({
    ...{ task: 'classify', files: [corpus()], valSplit: 0.4, hidden: 8, batchSize: 16, steps: 120, evalEvery: 10 },
    ...{ patience: 0, threads: 1, kernel: 'strict', out: join(temporaryFolder(), 'run') },
    ...given,
    onEvent: (event) => void events.push(event),
  });
  const measured = await evaluate(load(run));
  if (measured.task !== 'classify') throw new Error(measured.task);
  return { done, measured, evaluations: events.flatMap((event) => (event.event === 'eval' ? [event] : [])) };
}

describe('a rare label', () => {
  it('is found more often with balanced class weights', async () => {
    const recall = async (classWeights: TrainOptions['classWeights']) => {
      const { measured } = await trained({ classWeights, keep: 'macro-f1', dropout: 0, tokenDropout: 0 });
      return measured.perClass.find(({ label }) => label === 'rare')!.recall;
    };
    expect(await recall('none')).toBeLessThan(0.2);
    expect(await recall('balanced')).toBeGreaterThan(0.5);
  });

  it('has a say in which weights are kept, by macro F1', async () => {
    for (const [keep, measure] of [
      ['macro-f1', 'valMacroF1'],
      ['accuracy', 'valAccuracy'],
      ['loss', 'valLoss'],
    ] as const) {
      const { done, measured, evaluations } = await trained({ keep, classWeights: 'balanced' });
      const values = evaluations.map((one) => one[measure]!);
      expect(done[measure]).toBe(keep === 'loss' ? Math.min(...values) : Math.max(...values));
      expect(done.valMacroF1).toBeCloseTo(measured.macroF1, 9);
      expect(done.valAccuracy).toBeCloseTo(measured.accuracy, 9);
    }
  });

  it('has no macro F1 in a translation, and no class weights in a language model', async () => {
    const refused = async (options: Partial<TrainOptions>, message: string) => {
      await expect(train({ files: ['x.tsv'], ...options })).rejects.toThrow(InputError);
      await expect(train({ files: ['x.tsv'], ...options })).rejects.toThrow(message);
    };
    await refused({ task: 'translate', keep: 'macro-f1' }, 'is for labels and tags: take accuracy or loss');
    await refused({ task: 'lm', classWeights: 'balanced' }, 'classWeights is for task classify or tag');
    await refused({ task: 'lm', keep: 'accuracy' }, 'keep is for task');
  });
});
