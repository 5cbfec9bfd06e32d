/** The loss of a run's model over batches. */

import { createEngine, type EngineOptions, type EvaluationResult, evaluateEpoch } from '../engine/index.ts';
import { modelConfig, type Run } from '../run/index.ts';
import type { BatchSource } from '../text/index.ts';

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
