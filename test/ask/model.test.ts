/** A model on several numbers of threads, and what it says when it is asked for what it can't do. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { classify, demandTask, type Model } from '../../src/ask/index.ts';
import * as engine from '../../src/engine/index.ts';
import { evaluate } from '../../src/measure/index.ts';
import type { Task } from '../../src/model/index.ts';
import { temporaryFolder } from '../temporary.ts';
import { characters, tinyModel } from './tiny.ts';

vi.mock(import('../../src/engine/index.ts'), { spy: true });

describe('a model', () => {
  const model = tinyModel({ task: 'classify' }, { tokenizer: characters('abc'), labels: ['x', 'y'] });

  it('is one model for each number of threads', () => {
    const other = model.onThreads(3);
    expect(other).not.toBe(model);
    expect(model.onThreads(3)).toBe(other);
    expect(other.onThreads(5)).toBe(model.onThreads(5));
    expect(other.predictor).toBe(model.onThreads(3).predictor);
    expect(classify(other, ['ab', 'c'])).toEqual(classify(model, ['ab', 'c']));
  });

  it('is measured on as many threads as are asked for', async () => {
    const file = join(temporaryFolder(), 'labels.tsv');
    writeFileSync(file, 'x\tabc\ny\tcab\n');
    const one = await evaluate(model, [file], { threads: 1 });
    expect(await evaluate(model, [file], { threads: 7 })).toEqual(one);
    const threads = vi.mocked(engine.createPredictor).mock.calls.map(([, , , given]) => given);
    expect(threads).toContain(1);
    expect(threads).toContain(7);
  });
});

describe('demandTask', () => {
  const refusal = (task: Task, ...asked: Task[]): string => {
    try {
      demandTask({ folder: 'run', config: { options: { task } } as Model['config'] }, ...asked);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('names the command for the model, or the tasks that were asked for', () => {
    expect(refusal('tag', 'classify', 'tag')).toBe('');
    expect(refusal('lm', 'tag')).toBe('run is a language model, which writes text: use sample().');
    expect(refusal('fill', 'lm')).toBe('run is a model of task: "fill", which answers to a text: use fill().');
    expect(refusal('tag', 'classify')).toBe('run is a model of task: "tag", which is not classify.');
  });
});
