/** How a model does over batches. */

import type { Batch, BatchSource } from '../text/index.ts';
import { macroF1 } from './f1.ts';
import type { Engine } from './types.ts';

export interface Evaluated {
  /** Mean cross-entropy in nats per token. */
  loss: number;
  /**
   * Share of the source's targets, labels that are not known among them, that were the likeliest class, each given the ones before it in
   * `translate`; 0 with an adaptive softmax.
   */
  accuracy: number;
  /** `classify`, `tag`: mean F1 of the classes. */
  macroF1?: number;
  /** Targets. */
  tokens: number;
  /** `fill`: the loss by the past alone. */
  pastLoss?: number;
}

/**
 * Evaluates one epoch of `source`, state carried from batch to batch; the engine's own state is as before afterwards. `undefined`
 * when `signal` is aborted on the way. `onBatch` is called after each batch, when the engine tells of it position by position.
 */
export async function evaluateEpoch(
  engine: Engine,
  source: BatchSource,
  signal?: AbortSignal,
  onBatch?: (batch: Batch) => void,
): Promise<Evaluated | undefined> {
  const state = engine.readState();
  let lossSum = 0;
  let pastLossSum: number | undefined;
  let right = 0;
  let tokens = 0;
  const answers = engine.guesses && { right: [] as number[], given: [] as number[] };
  for (let i = 0; i < source.batchesPerEpoch && !signal?.aborted; i++) {
    const batch = source.batch(i);
    const result = await engine.evaluate(batch);
    onBatch?.(batch);
    if (answers) addAnswers(answers, batch.targets, engine.guesses!);
    lossSum += result.lossSum;
    right += result.right ?? 0;
    tokens += result.tokens;
    if (result.pastLossSum !== undefined) pastLossSum = (pastLossSum ?? 0) + result.pastLossSum;
  }
  engine.writeState(state);
  if (signal?.aborted) return undefined;
  return {
    loss: lossSum / tokens,
    accuracy: right / source.tokensPerEpoch,
    tokens,
    ...(answers ? { macroF1: macroF1(answers.right, answers.given) } : {}),
    ...(pastLossSum === undefined ? {} : { pastLoss: pastLossSum / tokens }),
  };
}

function addAnswers(
  { right, given }: { right: number[]; given: number[] },
  targets: Int32Array,
  guesses: Int32Array,
): void {
  for (let i = 0; i < targets.length; i++) {
    if (targets[i] < 0) continue;
    right.push(targets[i]);
    given.push(guesses[i]);
  }
}
