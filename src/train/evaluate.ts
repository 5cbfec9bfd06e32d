/** The loss of a model over batches. */

import { createEngine, type Engine, type EngineOptions, type EvaluationResult } from '../engine/index.ts';
import type { BatchSource } from '../text/index.ts';
import { modelConfig } from './config.ts';
import type { Run } from './run.ts';

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

/** Cross-entropy of a run's model summed over one epoch of `source`, on an engine made for that. */
export async function sumLoss(
  run: Run,
  source: BatchSource,
  shape: Pick<EngineOptions, 'batchSize' | 'sequenceLength' | 'sourceLength' | 'threads'>,
): Promise<Pick<EvaluationResult, 'lossSum' | 'tokens'>> {
  const threads = Math.min(shape.threads, shape.batchSize);
  const engine = await createEngine({ ...shape, model: modelConfig(run.config), threads, kernel: 'auto' });
  try {
    run.parameters.forEach(({ data }, i) => {
      engine.parameters[i].data.set(data);
    });
    const tokens = source.tokensPerEpoch;
    return { lossSum: (await meanLoss(engine, source))! * tokens, tokens };
  } finally {
    await engine.close();
  }
}
