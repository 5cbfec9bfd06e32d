import { existsSync, linkSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import {
  initialProgress,
  type Progress,
  readModel,
  restoreCheckpoint,
  writeCheckpoint,
  writeModel,
} from '../../src/run/checkpoint.ts';
import { temporaryFolder } from '../temporary.ts';
import { fakeEngine, TOKENIZER_FILE } from '../train/fake.ts';

const PROGRESS: Progress = {
  step: 7,
  tokens: 1000,
  elapsedSeconds: 1.25,
  lossSum: 1 / 3,
  lossTokens: 3,
  trainLoss: 1.5,
  evaluatedStep: 4,
  bestAccuracy: null,
  bestLoss: 0.1 + 0.2,
  bestStep: 4,
  bestMacroF1: null,
  risenEvaluations: 1,
  evaluationSeconds: 0.25,
  worseEvaluations: 1,
  rollbacks: 1,
};

/** A folder with a checkpoint of a trained engine. */
async function saved() {
  const folder = temporaryFolder();
  const engine = fakeEngine();
  const inputs = Int32Array.of(1, 2, 3, 4);
  await engine.train({ steps: 2, inputs, targets: inputs, fresh: true }, 0.1);
  engine.average[0].data.fill(0.25);
  writeCheckpoint(folder, engine, PROGRESS, TOKENIZER_FILE);
  return { folder, engine, path: join(folder, 'checkpoint.safetensors') };
}

describe('a checkpoint', () => {
  it('gives back every number', async () => {
    const { folder, engine } = await saved();
    const other = fakeEngine();
    expect(restoreCheckpoint(folder, other, TOKENIZER_FILE)).toEqual(PROGRESS);
    expect(other.parameters).toEqual(engine.parameters);
    expect(other.average).toEqual(engine.average);
    expect(other.moments).toEqual(engine.moments);
    expect(other.readState()).toEqual(engine.readState());
    expect(other.updates).toBe(7);
  });

  it('without an average, as earlier versions wrote it, begins one with the weights', async () => {
    const { folder, engine } = await saved();
    writeCheckpoint(folder, { ...engine, average: [] }, PROGRESS, TOKENIZER_FILE);
    const other = fakeEngine();
    restoreCheckpoint(folder, other, TOKENIZER_FILE);
    expect(other.average).toEqual(engine.parameters);
  });

  it('is noticed wherever it is damaged, or else read to the same numbers', async () => {
    const { folder, engine, path } = await saved();
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at++) {
      const damaged = Buffer.from(whole);
      damaged[at] ^= 1 << (at % 8);
      writeFileSync(path, damaged);
      const other = fakeEngine();
      try {
        restoreCheckpoint(folder, other, TOKENIZER_FILE);
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
        expect(other.parameters).toEqual(fakeEngine().parameters);
        continue;
      }
      expect(other.parameters).toEqual(engine.parameters);
      expect(other.readState()).toEqual(engine.readState());
    }
  });

  it('is noticed when it is cut short, and the one before it is offered', async () => {
    const { folder, engine, path } = await saved();
    writeCheckpoint(folder, engine, { ...PROGRESS, step: 9 }, TOKENIZER_FILE);
    truncateSync(path, readFileSync(path).length - 1);
    expect(() => restoreCheckpoint(folder, fakeEngine(), TOKENIZER_FILE)).toThrow(/fromPrevious: true/);
    expect(restoreCheckpoint(folder, fakeEngine(), TOKENIZER_FILE, true).step).toBe(7);
    // It is the last one now, so that the next one does not push it out.
    expect(restoreCheckpoint(folder, fakeEngine(), TOKENIZER_FILE).step).toBe(7);
  });

  it('is refused with another tokenizer, or for another model', async () => {
    const { folder } = await saved();
    expect(() => restoreCheckpoint(folder, fakeEngine(), '{}')).toThrow(InputError);
    const other = fakeEngine();
    other.parameters[0].shape = [3, 2];
    expect(() => restoreCheckpoint(folder, other, TOKENIZER_FILE)).toThrow('[2, 3], not [3, 2]');
    other.parameters[0].name = 'output.bias';
    expect(() => restoreCheckpoint(folder, other, TOKENIZER_FILE)).toThrow('output.bias [3, 2] is missing');
  });

  it('is missing before the first one', () => {
    const folder = temporaryFolder();
    expect(() => restoreCheckpoint(folder, fakeEngine(), TOKENIZER_FILE)).toThrow(InputError);
  });

  it('keeps the one before it when it is written', async () => {
    const { folder, engine } = await saved();
    const previous = join(folder, 'checkpoint.previous.safetensors');
    const first = readFileSync(join(folder, 'checkpoint.safetensors'));
    expect(existsSync(previous)).toBe(false);
    writeCheckpoint(folder, engine, initialProgress, TOKENIZER_FILE);
    expect(readFileSync(previous)).toEqual(first);
  });
});

describe('the one before it', () => {
  it('is kept once, though a kill made it a second name of the same file', async () => {
    const { folder, engine } = await saved();
    linkSync(join(folder, 'checkpoint.safetensors'), join(folder, 'checkpoint.previous.safetensors'));
    writeCheckpoint(folder, engine, { ...PROGRESS, step: 9 }, TOKENIZER_FILE);
    expect(readdirSync(folder).sort()).toEqual(['checkpoint.previous.safetensors', 'checkpoint.safetensors']);
    expect(restoreCheckpoint(folder, fakeEngine(), TOKENIZER_FILE).step).toBe(9);
  });

  it('is offered when the last one is missing, and none is missed before the first', async () => {
    const { folder, engine, path } = await saved();
    writeCheckpoint(folder, engine, PROGRESS, TOKENIZER_FILE);
    rmSync(path);
    const restore = () => restoreCheckpoint(folder, fakeEngine(), TOKENIZER_FILE);
    expect(restore).toThrow(/checkpoint\.safetensors: it does not exist\. The checkpoint before it is whole/);
    rmSync(join(folder, 'checkpoint.previous.safetensors'));
    expect(restore).toThrow(/has no checkpoint to go on from.*overwrite: true/);
  });
});

describe('a model file', () => {
  it('gives back the weights, and is refused for another shape', () => {
    const folder = temporaryFolder();
    const engine = fakeEngine();
    writeModel(folder, engine.parameters, TOKENIZER_FILE, { step: 3, valLoss: 1.5 });
    expect(readModel(folder, engine.parameters, TOKENIZER_FILE)).toEqual(engine.parameters);
    const shapes = [{ name: 'output.weight', shape: [6] }];
    expect(() => readModel(folder, shapes, TOKENIZER_FILE)).toThrow('does not fit config.json');
  });
});
