/** How a model does over batches. */

import type { BatchSource } from '../text/index.ts';
import type { Engine } from './types.ts';

export interface Evaluated {
  /** Mean cross-entropy in nats per token. */
  loss: number;
  /**
   * Share of the source's targets, labels that are not known among them, that were the likeliest class, each given the ones before it in
   * `translate`; 0 with an adaptive softmax.
   */
  accuracy: number;
}

/**
 * Evaluates one epoch of `source`, state carried from batch to batch; the engine's own state is as before afterwards. `undefined`
 * when `signal` is aborted on the way.
 */
export async function evaluateEpoch(
  engine: Engine,
  source: BatchSource,
  signal?: AbortSignal,
): Promise<Evaluated | undefined> {
  const state = engine.readState();
  let lossSum = 0;
  let right = 0;
  let tokens = 0;
  for (let i = 0; i < source.batchesPerEpoch && !signal?.aborted; i++) {
    const result = await engine.evaluate(source.batch(i));
    lossSum += result.lossSum;
    right += result.right ?? 0;
    tokens += result.tokens;
  }
  engine.writeState(state);
  return signal?.aborted ? undefined : { loss: lossSum / tokens, accuracy: right / source.tokensPerEpoch };
}
