/** The loss of a run's model over batches. */

import { createEngine, type EngineOptions, evaluateEpoch } from '../engine/index.ts';
import { modelConfig, type Run } from '../run/index.ts';
import { type BatchSource, UNK } from '../text/index.ts';

/** Sums over the targets of some batches; losses are nats. */
export interface LossSums {
  lossSum: number;
  /** Targets. */
  tokens: number;
  /** Of the targets that the vocabulary lacks: what they add to the loss as `<unk>`, and how many they are. */
  unknownLossSum: number;
  unknownTargets: number;
  /** Targets that were the likeliest. */
  right: number;
  /** `fill`: the loss by the past alone; otherwise 0. */
  pastLossSum: number;
}

/** Sums over one epoch of `source` of what a run's model says, on an engine made for that. */
export async function sumLoss(
  run: Run,
  source: BatchSource,
  shape: Pick<EngineOptions, 'batchSize' | 'sequenceLength' | 'sourceLength' | 'threads'>,
): Promise<LossSums> {
  const threads = Math.min(shape.threads, shape.batchSize);
  const engine = await createEngine({ ...shape, model: modelConfig(run.config), threads, kernel: 'auto' });
  try {
    run.parameters.forEach(({ data }, i) => {
      engine.parameters[i].data.set(data);
    });
    const tokens = source.tokensPerEpoch;
    let unknownLossSum = 0;
    let unknownTargets = 0;
    const result = await evaluateEpoch(engine, source, undefined, ({ targets }) => {
      for (let i = targets.indexOf(UNK); i >= 0; i = targets.indexOf(UNK, i + 1)) {
        unknownLossSum += engine.losses[i];
        unknownTargets++;
      }
    });
    const { loss, accuracy, pastLoss = 0 } = result!;
    return {
      ...{ lossSum: loss * tokens, tokens, unknownLossSum, unknownTargets },
      right: Math.round(accuracy * tokens),
      pastLossSum: pastLoss * tokens,
    };
  } finally {
    await engine.close();
  }
}

/** Nats per token, and the same of the tokens that the vocabulary has. */
export function meanLosses({ lossSum, tokens, unknownLossSum, unknownTargets }: LossSums): {
  loss: number;
  knownLoss: number;
} {
  return { loss: lossSum / tokens, knownLoss: (lossSum - unknownLossSum) / (tokens - unknownTargets) };
}
