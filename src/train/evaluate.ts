/** How a model does over batches. */

import { createEngine, type Engine, type EngineOptions, type EvaluationResult } from '../engine/index.ts';
import type { BatchSource } from '../text/index.ts';
import { modelConfig } from './config.ts';
import type { Run } from './run.ts';

export interface Evaluated {
  /** Mean cross-entropy in nats per token. */
  loss: number;
  /**
   * Share of the targets that were the likeliest class, each given the ones before it in `translate`; 0 with an
   * adaptive softmax.
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
  return signal?.aborted ? undefined : { loss: lossSum / tokens, accuracy: right / tokens };
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
    return { lossSum: (await evaluateEpoch(engine, source))!.loss * tokens, tokens };
  } finally {
    await engine.close();
  }
}
