import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunError } from '../../src/errors.ts';
import { completeOptions, type TrainOptions } from '../../src/options/index.ts';
import { restoreCheckpoint } from '../../src/run/checkpoint.ts';
import type { TrainEvent } from '../../src/run/metrics.ts';
import { runTraining, shareDone, type Training } from '../../src/train/index.ts';
import { temporaryFolder } from '../temporary.ts';
import { collect, fakeBatches, fakeTraining, readBack, TOKENIZER_FILE } from './fake.ts';

const OPTIONS: Partial<TrainOptions> = { steps: 12, evalEvery: 4, warmup: 3, checkpointEvery: '3' };

/** The run in `folder` as a new process finds it. */
function reopened(folder: string, options: Partial<TrainOptions>): Training {
  const training = fakeTraining(folder, options);
  return { ...training, progress: restoreCheckpoint(folder, training.engine, TOKENIZER_FILE) };
}

/** Trains until `stop` says so of an event, and then as after Ctrl-C; returns the events. */
async function trainUntil(training: Training, stop: (event: TrainEvent) => boolean): Promise<TrainEvent[]> {
  const interrupt = new AbortController();
  const events: TrainEvent[] = [];
  for await (const event of runTraining(training, interrupt.signal)) {
    events.push(event);
    if (stop(event)) interrupt.abort();
  }
  return events;
}

describe('runTraining', () => {
  it('reports each step, evaluation and checkpoint, and the end', async () => {
    const folder = temporaryFolder();
    const events = await collect(runTraining(fakeTraining(folder, { ...OPTIONS, checkpointEvery: '100' })));
    const steps = (name: string) => events.filter(({ event }) => event === name).map(({ step }) => step);
    expect(steps('start')).toEqual([0]);
    expect(steps('step')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(steps('eval')).toEqual([4, 8, 12]);
    expect(steps('checkpoint')).toEqual([0, 4, 8, 12]);
    expect(events.at(-1)).toMatchObject({ event: 'done', step: 12, epoch: 2.4, tokens: 48, reason: 'steps' });
    const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
  });

  it('gives every event the names that scripts rely on', async () => {
    const events = await collect(runTraining(fakeTraining(temporaryFolder(), { steps: 2 })));
    for (const event of events) {
      expect(Object.keys(event)).toEqual(
        expect.arrayContaining(['event', 'step', 'epoch', 'tokens', 'elapsedSeconds']),
      );
    }
    const keys = (name: string) => Object.keys(events.find(({ event }) => event === name)!);
    expect(keys('step')).toEqual(
      expect.arrayContaining(['trainLoss', 'learningRate', 'gradientNorm', 'tokensPerSecond']),
    );
    expect(keys('eval')).toEqual(expect.arrayContaining(['trainLoss', 'valLoss']));
    expect(keys('done')).toEqual(expect.arrayContaining(['trainLoss', 'valLoss', 'tokensPerSecond']));
  });

  it('keeps the averaged weights with the lowest validation loss', async () => {
    const folder = temporaryFolder();
    const training = fakeTraining(folder, OPTIONS, { losses: [3, 1, 2] });
    let best: number[] = [];
    for await (const event of runTraining(training)) {
      if (event.event === 'eval' && event.step === 8) best = [...training.engine.average[0].data];
    }
    expect(readBack(folder, 'model.safetensors')).toEqual({
      about: { step: 8, valLoss: 1 },
      tensors: [['output.weight', ...best]],
    });
    expect([...training.engine.parameters[0].data]).not.toEqual(best);
  });

  it('keeps the weights with the highest accuracy where a task has one, and of these those with the lowest loss', async () => {
    const options = { ...OPTIONS, task: 'tag', steps: 20 } as const;
    const faults = (targets: number) => ({
      losses: [3, 1, 4, 2, 5],
      right: [2, 1, 3, 3, 3].map((n) => (n * targets) / 4),
    });
    const withMany = (folder: string): Training => {
      const training = fakeTraining(folder, options, faults(1000));
      Object.assign(training.data.validation!, { tokensPerEpoch: 1000 });
      return training;
    };
    const whole = temporaryFolder();
    const events = await collect(runTraining(withMany(whole)));
    const evaluations = events.flatMap((event) => (event.event === 'eval' ? [[event.valAccuracy, event.best]] : []));
    expect(evaluations).toEqual([
      [0.5, true],
      [0.25, false],
      [0.75, true],
      [0.75, true],
      [0.75, false],
    ]);
    expect(events.at(-1)).toMatchObject({ event: 'done', valLoss: 2, valAccuracy: 0.75, bestStep: 16 });
    expect(readBack(whole, 'model.safetensors')).toMatchObject({ about: { step: 16, valLoss: 2, valAccuracy: 0.75 } });

    const parts = temporaryFolder();
    await trainUntil(withMany(parts), ({ event, step }) => event === 'step' && step === 14);
    const progress = restoreCheckpoint(parts, fakeTraining(parts, options).engine, TOKENIZER_FILE);
    expect(progress).toMatchObject({ bestLoss: 4, bestAccuracy: 0.75, bestStep: 12 });

    const few = await collect(runTraining(fakeTraining(temporaryFolder(), options, faults(4))));
    expect(few.at(-1)).toMatchObject({ event: 'done', valLoss: 1, valAccuracy: 0.25, bestStep: 8 });
  });

  it('keeps the last average when there is nothing to validate on', async () => {
    const folder = temporaryFolder();
    const training = fakeTraining(folder, { steps: 5 }, { validation: false });
    await collect(runTraining(training));
    expect(readBack(folder, 'model.safetensors')).toMatchObject({
      about: { step: 5, valLoss: null },
      tensors: [['output.weight', ...training.engine.average[0].data]],
    });
  });

  it('leaves the training state alone when it evaluates', async () => {
    const folders = [temporaryFolder(), temporaryFolder()];
    const often = fakeTraining(folders[0], { steps: 12, evalEvery: 1 });
    const never = fakeTraining(folders[1], { steps: 12 }, { validation: false });
    await collect(runTraining(often));
    await collect(runTraining(never));
    expect(often.engine.parameters).toEqual(never.engine.parameters);
  });

  it('stops when evaluations no longer improve', async () => {
    const losses = [3, 2, 2.5, 2, 1];
    const training = fakeTraining(temporaryFolder(), { ...OPTIONS, steps: 100, patience: 2 }, { losses });
    const events = await collect(runTraining(training));
    expect(events.at(-1)).toMatchObject({ event: 'done', reason: 'patience', step: 16, valLoss: 2, bestStep: 8 });
  });
});

describe('a run without --patience', () => {
  const rising = () => [3, 2, ...Array.from({ length: 20 }, () => 2.1)];
  const end = async (given: Partial<TrainOptions>, losses: number[]) =>
    (await collect(runTraining(fakeTraining(temporaryFolder(), { ...OPTIONS, steps: 60, ...given }, { losses })))).at(
      -1,
    );

  it('ends when the validation loss has long been rising', async () => {
    expect(await end({}, rising())).toMatchObject({ reason: 'patience', step: 28, bestStep: 8, valLoss: 2 });
  });

  it('goes on over a plateau, and from a late best', async () => {
    expect(await end({}, [3, 2, ...Array.from({ length: 20 }, () => 2.03)])).toMatchObject({ reason: 'steps' });
    const late = [9, 8, 7, 6, 5, 4, 3, 2, ...Array.from({ length: 20 }, () => 2.1)];
    expect(await end({}, late)).toMatchObject({ reason: 'steps', step: 60, bestStep: 32 });
  });

  it('goes to its limits with 0', async () => {
    expect(await end({ patience: 0 }, rising())).toMatchObject({ reason: 'steps', step: 60, bestStep: 8 });
  });
});

describe('a loss far above guessing evenly', () => {
  const failure =
    /^Training has diverged: at step \d+ its loss is 9\.00, where guessing evenly has 1\.79: train with a learningRate below 0\.008/;
  const run = (given: Partial<TrainOptions>, faults: Parameters<typeof fakeTraining>[2]) =>
    collect(runTraining(fakeTraining(temporaryFolder(), given, faults)));

  it('is a failure at the end, and after the start at any evaluation', async () => {
    const losses = Array.from({ length: 9 }, () => 8);
    await expect(run({ steps: 12 }, { trainLoss: 9, losses: [...losses] })).rejects.toThrow(failure);
    await expect(run({ steps: 12 }, { trainLoss: 9, validation: false })).rejects.toThrow(failure);
    await expect(run({ steps: 900 }, { trainLoss: 9, losses: [...losses] })).rejects.toThrow(/at step 100 its loss/);
    const late = run({ steps: 900 }, { trainLoss: 9, losses: [1, ...losses] });
    await expect(late).rejects.toThrow(/; .* holds the best weights, of step 100\.$/);
    await expect(late).rejects.toBeInstanceOf(RunError);
  });

  it('is none while validation is well, nor where training is', async () => {
    expect((await run({ steps: 12 }, { trainLoss: 9, losses: [1] })).at(-1)).toMatchObject({ event: 'done' });
    expect((await run({ steps: 12 }, { trainLoss: 1, losses: [8] })).at(-1)).toMatchObject({ event: 'done' });
  });
});

describe('evaluations', () => {
  const sleep = (milliseconds: number): void => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  };
  /** A step that succeeds, in a millisecond. */
  const slowly = (): boolean => {
    sleep(1);
    return false;
  };
  const stepsOf = (events: readonly TrainEvent[]): number[] =>
    events.flatMap(({ event, step }) => (event === 'eval' ? [step] : []));

  it('are not at two neighbouring steps, unless each is asked for', async () => {
    const at = async (options: Partial<TrainOptions>) =>
      stepsOf(await collect(runTraining(fakeTraining(temporaryFolder(), options))));
    expect(await at({ steps: 11, evalEvery: 5 })).toEqual([5, 11]);
    expect(await at({ steps: 5, evalEvery: 2 })).toEqual([2, 5]);
    expect(await at({ steps: 208, evalEvery: 100 })).toEqual([100, 208]);
    expect(await at({ steps: 220, evalEvery: 100 })).toEqual([100, 200, 220]);
    expect(await at({ steps: 4, evalEvery: 1 })).toEqual([1, 2, 3, 4]);
  });

  it('begin within a tenth of the run where an epoch is long', async () => {
    const training = fakeTraining(temporaryFolder(), { steps: 1000 });
    Object.assign(training.data.batches, { batchesPerEpoch: 400 });
    expect(stepsOf(await collect(runTraining(training)))).toEqual([90, 400, 800, 1000]);
  });

  it('are within the minutes, the last one too', async () => {
    const training = fakeTraining(
      temporaryFolder(),
      { minutes: 0.03 },
      { fails: slowly, onEvaluate: () => sleep(500) },
    );
    const events = await collect(runTraining(training));
    const done = events.at(-1)!;
    expect(done).toMatchObject({ event: 'done', reason: 'minutes' });
    expect(stepsOf(events).at(-1)).toBe(done.step);
    expect(done.elapsedSeconds).toBeLessThan(1.8 + 0.4);
  });

  it('of a large text by minutes begin with a part of it, which is no best', async () => {
    const training = fakeTraining(temporaryFolder(), { minutes: 0.05 }, { fails: slowly, onEvaluate: () => sleep(1) });
    Object.assign(training.data.batches, { batchesPerEpoch: 1e6 });
    const validation = fakeBatches(500, 2);
    const events = await collect(runTraining({ ...training, data: { ...training.data, validation } }));
    const [first, ...others] = events.flatMap((event) => (event.event === 'eval' ? [event] : []));
    expect(first.valTokens).toBeLessThan(validation.tokensPerEpoch);
    expect(first.best).toBe(false);
    expect(first.elapsedSeconds).toBeLessThan(1);
    expect(others).toHaveLength(1);
    expect(others[0]).toMatchObject({ best: true });
    expect(others[0]).not.toHaveProperty('valTokens');
  });
});

it('the end tells the loss of the last step', async () => {
  const events = await collect(runTraining(fakeTraining(temporaryFolder(), OPTIONS)));
  const last = events.findLast(({ event }) => event === 'step');
  expect(events.at(-1)).toMatchObject({ event: 'done', trainLoss: (last as { trainLoss: number }).trainLoss });
});

describe('a resumed run', () => {
  it('ends with the bits of the run that never stopped, wherever it stopped', async () => {
    const whole = temporaryFolder();
    await collect(runTraining(fakeTraining(whole, OPTIONS)));
    for (let stopAt = 0; stopAt < 12; stopAt++) {
      const folder = temporaryFolder();
      const events = await trainUntil(fakeTraining(folder, OPTIONS), ({ step }) => step === stopAt);
      expect(events.at(-1)).toMatchObject({ event: 'done', reason: 'interrupted', step: stopAt });
      await collect(runTraining(reopened(folder, OPTIONS)));
      expect(readBack(folder)).toEqual(readBack(whole));
      expect(readBack(folder, 'model.safetensors')).toEqual(readBack(whole, 'model.safetensors'));
    }
  });

  it('makes up for an evaluation that was cut short', async () => {
    const whole = temporaryFolder();
    await collect(runTraining(fakeTraining(whole, OPTIONS)));
    const folder = temporaryFolder();
    const interrupt = new AbortController();
    const events = await collect(
      runTraining(fakeTraining(folder, OPTIONS, { onEvaluate: () => interrupt.abort() }), interrupt.signal),
    );
    expect(events.at(-1)).toMatchObject({ event: 'done', reason: 'interrupted', step: 4, valLoss: null });
    const rest = await collect(runTraining(reopened(folder, OPTIONS)));
    expect(rest.filter(({ event }) => event === 'eval').map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(readBack(folder)).toEqual(readBack(whole));
  });

  it('drops the metrics of steps that come again', async () => {
    const folder = temporaryFolder();
    // A crash: nobody asks for the events after step 5 any more, and the last checkpoint is of step 4.
    for await (const { step } of runTraining(fakeTraining(folder, OPTIONS))) if (step === 5) break;
    await collect(runTraining(reopened(folder, OPTIONS)));
    const events = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
    const steps = events.map((line) => JSON.parse(line) as TrainEvent).filter(({ event }) => event === 'step');
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });
});

describe('a loss that is not finite', () => {
  it('sends the run back to its checkpoint once, with a lower learning rate', async () => {
    const folder = temporaryFolder();
    const fails = (step: number, rate: number) => step === 6 && rate > 0.001;
    const training = fakeTraining(folder, { ...OPTIONS, schedule: 'constant', learningRate: 0.002 }, { fails });
    const events = await collect(runTraining(training));
    expect(events.find(({ event }) => event === 'rollback')).toMatchObject({ step: 4, failedStep: 6 });
    expect(events.at(-1)).toMatchObject({ event: 'done', step: 12, reason: 'steps' });
    const rates = events.flatMap((event) => (event.event === 'step' && event.step === 7 ? [event.learningRate] : []));
    expect(rates).toEqual([0.0005]);
  });

  it('ends the run when it comes again, the last checkpoint intact', async () => {
    const folder = temporaryFolder();
    const training = fakeTraining(folder, OPTIONS, { fails: (step) => step === 6 });
    await expect(collect(runTraining(training))).rejects.toThrow(RunError);
    await expect(collect(runTraining(fakeTraining(temporaryFolder(), OPTIONS, { fails: () => true })))).rejects.toThrow(
      /not finite at step 0.*learningRate/,
    );
    expect(reopened(folder, OPTIONS).progress.step).toBe(4);
  });

  it('is noticed in the weights before they are kept', async () => {
    const folder = temporaryFolder();
    const training = fakeTraining(folder, { ...OPTIONS, evalEvery: 100 });
    let bad = false;
    const events: TrainEvent[] = [];
    for await (const event of runTraining(training)) {
      events.push(event);
      if (event.event === 'step' && event.step === 5 && !bad) {
        bad = true;
        training.engine.parameters[0].data[2] = Infinity;
      }
    }
    expect(events.find(({ event }) => event === 'rollback')).toMatchObject({ step: 3, failedStep: 6 });
    expect(events.at(-1)).toMatchObject({ step: 12 });
  });
});

describe('an engine that fails', () => {
  it('ends the run, which says how to go on', async () => {
    const folder = temporaryFolder();
    const onEvaluate = () => {
      throw new RunError('Worker 1 of the engine ended.');
    };
    const failed = collect(runTraining(fakeTraining(folder, { ...OPTIONS, evalEvery: 5 }, { onEvaluate })));
    await expect(failed).rejects.toThrow(
      new RunError(
        `Worker 1 of the engine ended. The checkpoint of step 3 is whole: go on with train({ resume: ${JSON.stringify(folder)} }).`,
      ),
    );
    expect(reopened(folder, OPTIONS).progress.step).toBe(3);
  });
});

describe('shareDone', () => {
  const share = (given: Partial<TrainOptions>, step: number, elapsedSeconds: number) =>
    shareDone({ options: completeOptions(given) }, 10, { step, elapsedSeconds });

  it('goes by the limit that ends the run first', () => {
    expect(share({ steps: 100 }, 25, 1000)).toEqual({ share: 0.25, limit: 'steps' });
    expect(share({ steps: 100, epochs: 5 }, 25, 0)).toEqual({ share: 0.5, limit: 'epochs' });
    expect(share({ steps: 100, minutes: 2 }, 25, 90)).toEqual({ share: 0.75, limit: 'minutes' });
    expect(share({ minutes: 1 }, 3, 61)).toEqual({ share: 1, limit: 'minutes' });
  });
});
