/** The loss of a model over a whole set of batches. */

import type { Engine } from '../engine/index.ts';
import type { BatchSource } from '../text/index.ts';

/**
 * Mean cross-entropy over one epoch of `source`, in nats per token, state carried from batch to batch; the engine's own state
 * is as before afterwards. `undefined` when `signal` is aborted on the way.
 */
export async function meanLoss(engine: Engine, source: BatchSource, signal?: AbortSignal): Promise<number | undefined> {
  const state = engine.readState();
  let lossSum = 0;
  let tokens = 0;
  for (let i = 0; i < source.batchesPerEpoch && !signal?.aborted; i++) {
    const result = await engine.evaluate(source.batch(i));
    lossSum += result.lossSum;
    tokens += result.tokens;
  }
  engine.writeState(state);
  return signal?.aborted ? undefined : lossSum / tokens;
}
