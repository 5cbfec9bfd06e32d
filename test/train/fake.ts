/** A run on a made-up engine: cheap, and each of its numbers depends on all that a checkpoint must carry. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, Tensor } from '../../src/engine/types.ts';
import { decodeSafetensors } from '../../src/interop/index.ts';
import { completeOptions, type TrainOptions } from '../../src/options/index.ts';
import { initialProgress, type Progress } from '../../src/run/checkpoint.ts';
import { CONFIG_FORMAT } from '../../src/run/config.ts';
import type { TrainEvent } from '../../src/run/metrics.ts';
import type { Batch, BatchSource } from '../../src/text/types.ts';
import type { Training } from '../../src/train/index.ts';

export const TOKENIZER_FILE = '{"made": "up"}';

interface Faults {
  /** Says whether a step at this learning rate fails. */
  fails?: (step: number, learningRate: number) => boolean;
  /** Called before each evaluation batch. */
  onEvaluate?: () => void;
  /** Loss of each training step, in place of the computed one. */
  trainLoss?: number;
  /** Validation losses in place of the computed ones, and how many of each evaluation's four targets are right. */
  losses?: number[];
  right?: number[];
}

export function fakeEngine({ fails, onEvaluate, trainLoss, losses, right }: Faults = {}): Engine {
  const tensor = (name: string, shape: number[]): Tensor => ({
    name,
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i + name.length)),
  });
  const weights = tensor('output.weight', [2, 3]);
  const average = tensor('output.weight', [2, 3]);
  const moment = tensor('m', [6]);
  const state = tensor('h_l0', [2, 2]);
  const mix = (batch: Batch): number => {
    if (batch.fresh) state.data.fill(0);
    let sum = 0;
    for (let i = 0; i < batch.inputs.length; i++) sum += Math.sin(batch.inputs[i] + 3 * batch.targets[i] + i);
    state.data.forEach((value, i) => {
      state.data[i] = Math.tanh(0.5 * value + Math.sin(sum + i) + weights.data[i]);
    });
    return sum + state.data[0];
  };
  const engine: Engine = {
    memoryBytes: 1024,
    kernel: 'strict',
    precision: 'f32',
    threads: 1,
    parameters: [weights],
    gradients: [],
    average: [average],
    moments: [moment],
    losses: new Float64Array(0),
    guesses: undefined,
    updates: 0,
    async addToAverage(rest) {
      average.data.forEach((value, i) => {
        average.data[i] = weights.data[i] + rest * (value - weights.data[i]);
      });
    },
    async exchangeAverage() {
      const kept = weights.data.slice();
      weights.data.set(average.data);
      average.data.set(kept);
    },
    async train(batch, learningRate) {
      const step = engine.updates;
      if (fails?.(step, learningRate)) return { loss: NaN, tokens: 4, gradientNorm: NaN, applied: false };
      const sum = mix(batch);
      weights.data.forEach((value, i) => {
        moment.data[i] = 0.9 * moment.data[i] + Math.sin(sum + value + step * i);
        weights.data[i] -= learningRate * moment.data[i];
      });
      engine.updates++;
      return { loss: trainLoss ?? 2 + Math.sin(sum), tokens: 4, gradientNorm: Math.abs(sum), applied: true };
    },
    async evaluate(batch) {
      onEvaluate?.();
      const sum = mix(batch);
      return { lossSum: 4 * (losses?.shift() ?? 2 + Math.sin(sum)), tokens: 4, right: right?.shift() ?? 0 };
    },
    readState: () => [{ ...state, data: state.data.slice() }],
    writeState: ([{ data }]) => state.data.set(data),
    profile: () => ({}),
    close: async () => {},
  };
  return engine;
}

/** Batches of two rows and two steps; the first of an epoch starts afresh. */
export function fakeBatches(batchesPerEpoch: number, salt: number): BatchSource {
  return {
    batchesPerEpoch,
    tokensPerEpoch: 4 * batchesPerEpoch,
    batch(index) {
      const at = index % batchesPerEpoch;
      const inputs = Int32Array.from({ length: 4 }, (_, i) => (7 * at + i + salt) % 5);
      return { steps: 2, inputs, targets: inputs.map((id) => id + 1), fresh: at === 0 };
    },
  };
}

/** A run in `folder`, at its start or at `progress`; without validation if `validation` is false. */
export function fakeTraining(
  folder: string,
  given: Partial<TrainOptions>,
  { progress, validation = true, ...faults }: Faults & { progress?: Progress; validation?: boolean } = {},
): Training {
  return {
    folder,
    config: {
      format: CONFIG_FORMAT,
      gatelm: '0',
      node: 'v0',
      options: completeOptions(given),
      vocabulary: 6,
      classes: null,
      longest: null,
      cutoffs: null,
      corpus: [],
      kernel: 'strict',
      initFrom: null,
    },
    tokenizer: { kind: 'char' } as Training['tokenizer'],
    targetTokenizer: undefined,
    labels: [],
    vocabularyText: TOKENIZER_FILE,
    engine: fakeEngine(faults),
    data: {
      tokenizer: { kind: 'char' } as Training['tokenizer'],
      targetTokenizer: undefined,
      labels: [],
      accuracy: given.task === 'tag',
      sequenceLength: 2,
      tokens: 20,
      padding: 0,
      batches: fakeBatches(5, 0),
      ...(validation ? { validation: fakeBatches(1, 2) } : {}),
      files: [],
      unknown: { train: { share: 0, spellingBits: 0 }, valid: { share: 0, spellingBits: 0 } },
      countTokens: () => new Float64Array(6),
      shares: [],
      batchSize: 1,
      remarks: [],
      close() {},
    },
    progress: progress ?? { ...initialProgress },
    close: async () => {},
  };
}

export async function collect(events: AsyncIterable<TrainEvent>): Promise<TrainEvent[]> {
  const all: TrainEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** All numbers of a checkpoint, and how far it had come, apart from the clock. */
export function readBack(folder: string, file = 'checkpoint.safetensors'): object {
  const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder, file)), file);
  const about = JSON.parse(metadata.about) as Record<string, unknown>;
  delete about.elapsedSeconds;
  delete about.evaluationSeconds;
  return { about, tensors: tensors.map(({ name, data }) => [name, ...data]) };
}
