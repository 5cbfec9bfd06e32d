import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { cellNames } from '../../src/model/index.ts';
import { defaultMinutes } from '../../src/options/defaults.ts';
import {
  completeOptions,
  defaultOptions,
  parseInterval,
  readOptions,
  resumeOptions,
} from '../../src/options/options.ts';

describe('readOptions', () => {
  it('takes flags as text and JSON as it is', () => {
    expect(readOptions({ hidden: '128', learningRate: '1e-3', tie: true })).toEqual({
      hidden: 128,
      learningRate: 0.001,
      tie: true,
    });
    expect(readOptions({ 'learning-rate': 0.5, steps: null })).toEqual({ learningRate: 0.5, steps: null });
  });

  it.each([
    [{ hidden: '-5' }, 'hidden must be a whole number from 1 to 65,536, not "-5".'],
    [{ hidden: '1.5' }, 'hidden must be'],
    [{ hidden: '0x10' }, 'hidden must be'],
    [{ layers: '0' }, 'layers must be'],
    [{ seqLength: '' }, 'seqLength must be'],
    [{ cell: 'transformer' }, `cell must be one of ${cellNames.join(', ')}, not "transformer".`],
    [{ dropout: '1' }, 'dropout must be a share from 0 to less than 1, not "1".'],
    [{ valSplit: 'NaN' }, 'valSplit must be'],
    [{ learningRate: 'Infinity' }, 'learningRate must be'],
    [{ minutes: '0' }, 'minutes must be a number above 0, not "0".'],
    [{ vocabSize: 4 }, 'vocabSize must be'],
    [{ tie: 'yes' }, 'tie must be true or false, not "yes".'],
    [{ checkpointEvery: '5h' }, 'checkpointEvery must be a number of steps'],
    [{ files: ['a', ''] }, 'files must be a list of files'],
    [{ nonsense: 1 }, 'there is no option "nonsense".'],
  ])('refuses %j', (values, message) => {
    expect(() => readOptions(values)).toThrow(InputError);
    expect(() => readOptions(values)).toThrow(message);
  });

  it('refuses keys that would reach a prototype', () => {
    const values = JSON.parse('{"__proto__": {"hidden": 7}}') as object;
    expect(() => readOptions(values)).toThrow(InputError);
    expect(() => readOptions({ constructor: 1 })).toThrow(InputError);
  });

  it('names the file that a value came from', () => {
    expect(() => readOptions({ hidden: null }, 'my.json')).toThrow('my.json: "hidden" must be');
  });

  it('takes every default back, so that a written config.json can be read', () => {
    const written = JSON.parse(JSON.stringify(defaultOptions)) as object;
    expect(readOptions(written)).toEqual(defaultOptions);
  });
});

describe('completeOptions', () => {
  it('chooses the embedding by tokenizer and tying, the learning rate by optimizer', () => {
    expect(completeOptions({}).embedding).toBe(0);
    expect(completeOptions({ tokenizer: 'word', hidden: 64 }).embedding).toBe(64);
    expect(completeOptions({ tie: true, hidden: 64 }).embedding).toBe(64);
    expect(completeOptions({ optimizer: 'sgd' }).learningRate).toBeGreaterThan(completeOptions({}).learningRate);
  });

  it('is the same when it is done twice', () => {
    const tasks = ['lm', 'classify', 'tag', 'translate', 'fill'] as const;
    for (const given of [
      {},
      { layers: 1 },
      { valid: 'v.txt' },
      { cell: 'gru', gruReset: 'before' } as const,
      ...tasks.flatMap((task) => [{ task }, { task, layers: 1 }, { task, bidirectional: false }]),
      { task: 'translate', attention: 'dot', merge: 'sum', targetTokenizer: 'word' } as const,
    ]) {
      const once = completeOptions(given);
      expect(completeOptions(once)).toEqual(once);
      expect(completeOptions(readOptions(JSON.parse(JSON.stringify(once)) as object))).toEqual(once);
    }
  });

  it('fills in what the task has, and leaves the rest', () => {
    expect(completeOptions({ task: 'classify' })).toMatchObject({
      ...{
        bidirectional: true,
        merge: 'concat',
        pool: 'max',
        maxLength: 1000,
        attention: null,
        targetTokenizer: null,
      },
    });
    expect(completeOptions({ task: 'tag' })).toMatchObject({ tokenizer: 'word', bidirectional: true, pool: null });
    expect(completeOptions({ task: 'translate', targetTokenizer: 'word' })).toMatchObject({
      ...{ tokenizer: 'char', targetTokenizer: 'word', attention: 'general', bidirectional: true, embedding: 256 },
    });
    expect(completeOptions({ task: 'translate' }).targetTokenizer).toBe('char');
    expect(completeOptions({ task: 'classify', bidirectional: false })).toMatchObject({ merge: null });
    for (const task of ['lm', 'fill'] as const) {
      expect(completeOptions({ task, bidirectional: false })).toMatchObject({
        maxLength: null,
        merge: null,
        pool: null,
      });
    }
  });

  it.each([
    [{ tie: true, embedding: 10 }, 'tie needs embedding: 256'],
    [{ valid: 'v.txt', valSplit: 0.2 }, 'valid and valSplit'],
    [{ patience: 3, valSplit: 0 }, 'patience needs a validation set'],
    [{ pretokenized: true }, 'pretokenized needs tokenizer word'],
    [{ gruReset: 'before' as const }, 'gruReset needs cell gru'],
    [{ layers: 1, dropout: 0.5 }, 'dropout is between layers'],
    [{ bidirectional: true }, 'bidirectional would show a language model the tokens that it is to tell'],
    [{ task: 'fill' as const, bidirectional: true }, 'task: "fill" reads both ways'],
    [{ task: 'tag' as const, tokenizer: 'char' as const }, 'task: "tag" takes the tokens of its file as words'],
    [{ task: 'tag' as const, pretokenized: true }, 'pretokenized is for task lm or fill, not tag'],
    [{ task: 'classify' as const, format: 'lines' as const }, 'format is for task lm or fill, not classify'],
    [{ task: 'fill' as const, format: 'labelled' as const }, 'format: "labelled" is for task: "lm", not fill'],
    [{ task: 'classify' as const, tie: true }, 'tie is for task lm or translate, not classify'],
    [{ task: 'fill' as const, softmax: 'adaptive' as const }, 'softmax is for task lm, not fill'],
    [{ task: 'classify' as const, seqLength: 32 }, 'seqLength is for task lm or fill, not classify'],
    [{ task: 'tag' as const, pool: 'mean' as const }, 'pool is for task classify, not tag'],
    [{ task: 'tag' as const, attention: 'none' as const }, 'attention is for task translate, not tag'],
    [{ task: 'classify' as const, targetTokenizer: 'word' as const }, 'targetTokenizer is for task translate'],
    [{ maxLength: 10 }, 'maxLength is for task classify, tag or translate, not lm'],
    [{ merge: 'sum' as const }, 'merge is for task classify, tag or translate, not lm'],
    [{ task: 'tag' as const, bidirectional: false, merge: 'sum' as const }, 'merge is for bidirectional layers'],
    [
      { task: 'translate' as const, attention: 'dot' as const },
      'attention: "dot" needs states of one width, but those of a bidirectional encoder are 2 x 256 side by side: add merge: "sum", or take attention: "general".',
    ],
  ])('refuses the combination %j', (given, message) => {
    expect(() => completeOptions(given)).toThrow(InputError);
    expect(() => completeOptions(given)).toThrow(message);
  });
});

describe('resumeOptions', () => {
  const recorded = completeOptions({ steps: 100, hidden: 32, patience: 2 });

  it('lets limits be raised and the machine change', () => {
    const options = resumeOptions(recorded, { steps: 200, threads: 1, kernel: 'strict', epochs: 5, patience: 4 });
    expect(options).toEqual({ ...recorded, steps: 200, threads: 1, kernel: 'strict', epochs: 5, patience: 4 });
  });

  it('takes what the run has anyway', () => {
    expect(resumeOptions(recorded, { hidden: 32, steps: 100 })).toEqual(recorded);
  });

  it('names what would change the model', () => {
    expect(() => resumeOptions(recorded, { hidden: 64 })).toThrow('hidden: 64 would change the model: the run has 32');
    expect(() => resumeOptions(recorded, { learningRate: 1 })).toThrow('learningRate');
    expect(() => resumeOptions(recorded, { seed: 5 })).toThrow(InputError);
  });

  it('refuses lower limits', () => {
    expect(() => resumeOptions(recorded, { steps: 50 })).toThrow('steps may only be raised');
    expect(resumeOptions(recorded, { patience: 0 }).patience).toBe(0);
    expect(() => resumeOptions(recorded, { steps: 50 })).toThrow('steps may only be raised');
  });
});

it('reads intervals', () => {
  expect(parseInterval('500')).toEqual({ steps: 500 });
  expect(parseInterval('30s')).toEqual({ seconds: 30 });
  expect(parseInterval('2m')).toEqual({ seconds: 120 });
});

it('trains longer on more text, but not for ever', () => {
  expect(defaultMinutes(1e6)).toBe(5);
  expect(defaultMinutes(4e6)).toBe(10);
  expect(defaultMinutes(1)).toBe(0.5);
  expect(defaultMinutes(1e12)).toBe(60);
});
