/** What a model of labels or tags says of examples whose right ones are known. */

import type { Model } from '../ask/index.ts';
import type { ExampleTask } from '../text/index.ts';
import { type Counted, GROUP, sequencesOf, withExamples } from './examples.ts';
import { addUp, type Source } from './meter.ts';

/** Right and given ids, example by example, with the summed loss. */
export interface Answers extends Counted {
  right: Int32Array[];
  given: Int32Array[];
  /** Nats. */
  lossSum: number;
}

export function readAnswers(task: ExampleTask, model: Model, source: Source): Promise<Answers> {
  return withExamples(task, model, source, ({ examples: { inputs, outputs } }) => {
    const found: Omit<Answers, keyof Counted> = { right: [], given: [], lossSum: 0 };
    for (let first = 0; first < inputs.lengths.length; first += GROUP) {
      const right = sequencesOf(outputs, first, first + GROUP);
      const predicted = model.predictor.predict(sequencesOf(inputs, first, first + GROUP));
      right.forEach((ids, i) => {
        found.right.push(ids);
        found.given.push(predicted[i].likeliest);
        for (const loss of predicted[i].losses(ids)) found.lossSum += loss;
      });
    }
    return found;
  });
}

export function joinAnswers(parts: readonly Answers[]): Answers {
  return {
    ...addUp(parts.map(({ right, given, ...sums }) => sums)),
    right: parts.flatMap(({ right }) => right),
    given: parts.flatMap(({ given }) => given),
  };
}

/** The ids of sequences, one after the other. */
export function flat(sequences: readonly Int32Array[]): number[] {
  return sequences.flatMap((ids) => [...ids]);
}
