/** How a model does over batches. */

import type { Batch, BatchSource } from '../text/index.ts';
import type { Engine } from './types.ts';

export interface Evaluated {
  /** Mean cross-entropy in nats per token. */
  loss: number;
  /**
   * Share of the targets that were the likeliest class, each given the ones before it in `translate`; 0 with an
   * adaptive softmax.
   */
  accuracy: number;
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
  for (let i = 0; i < source.batchesPerEpoch && !signal?.aborted; i++) {
    const batch = source.batch(i);
    const result = await engine.evaluate(batch);
    onBatch?.(batch);
    lossSum += result.lossSum;
    right += result.right ?? 0;
    tokens += result.tokens;
    if (result.pastLossSum !== undefined) pastLossSum = (pastLossSum ?? 0) + result.pastLossSum;
  }
  engine.writeState(state);
  if (signal?.aborted) return undefined;
  return {
    loss: lossSum / tokens,
    accuracy: right / tokens,
    tokens,
    ...(pastLossSum === undefined ? {} : { pastLoss: pastLossSum / tokens }),
  };
}
