/** Runs that start from the weights of another run. */

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrainOptions } from '../../src/options/index.ts';
import { describeRun } from '../../src/run/index.ts';
import { openTraining, runTraining, type Training } from '../../src/train/index.ts';
import { optionsFrom } from '../../src/train/init.ts';
import { temporaryFolder } from '../temporary.ts';

const SMALL: Partial<TrainOptions> = { hidden: 8, layers: 1, steps: 3, batchSize: 2, seqLength: 4, threads: 1 };

async function train(folder: string, text: string, given: Partial<TrainOptions>, from?: string): Promise<Training> {
  const file = join(folder, `text-${text.length}.txt`);
  writeFileSync(file, text);
  return openTraining({ ...given, files: [file] }, { out: join(folder, `run-${text.length}`), initFrom: from });
}

async function finish(training: Training): Promise<void> {
  for await (const _ of runTraining(training));
  await training.close();
}

describe('--init-from', () => {
  it.each([{ embedding: 0 }, { embedding: 6 }, { tie: true }])(
    'keeps the rows of shared tokens in a larger vocabulary: %j',
    async (shape) => {
      const folder = temporaryFolder();
      const old = await train(folder, 'abcd'.repeat(40), { ...SMALL, ...shape });
      await finish(old);
      const weights = new Map(old.engine.average.map(({ name, shape, data }) => [name, { shape, data: data.slice() }]));
      const young = await train(folder, 'xaybzcd '.repeat(40), SMALL, old.folder);
      const id = (training: Training, token: string): number => training.tokenizer.vocabulary.indexOf(token);
      expect(young.tokenizer.vocabulary.length).toBeGreaterThan(old.tokenizer.vocabulary.length);
      for (const { name, shape, data } of young.engine.parameters) {
        const before = weights.get(name)!;
        const width = shape[1] ?? 1;
        if (name === 'rnn.weight_ih_l0' && shape[1] === young.config.vocabulary) {
          for (let row = 0; row < shape[0]; row++) {
            expect(data[row * width + id(young, 'b')]).toBe(before.data[row * before.shape[1] + id(old, 'b')]);
          }
        } else if (shape[0] === young.config.vocabulary) {
          const row = (values: Float32Array, at: number) => [...values.subarray(at * width, (at + 1) * width)];
          expect(row(data, id(young, 'c')), name).toEqual(row(before.data, id(old, 'c')));
        } else {
          expect(data, name).toEqual(before.data);
        }
      }
      const { path, sha256 } = describeRun(young.folder).config.initFrom!;
      expect(path).toBe(old.folder);
      expect(sha256).toBe(
        createHash('sha256')
          .update(readFileSync(join(old.folder, 'model.safetensors')))
          .digest('hex'),
      );
      await young.close();
    },
  );

  it('takes the shape of the old run, and refuses another by name', async () => {
    const folder = temporaryFolder();
    await finish(await train(folder, 'abcd'.repeat(40), { ...SMALL, cell: 'gru' }));
    const run = join(folder, 'run-160');
    expect(optionsFrom(run, { steps: 9 })).toMatchObject({ cell: 'gru', hidden: 8, layers: 1, steps: 9 });
    expect(() => optionsFrom(run, { hidden: 16 })).toThrow(/hidden: 16 does not fit the weights .* which have 8/);
    expect(() => optionsFrom(run, { softmax: 'adaptive' })).toThrow(/exact softmax/);
  });
});
