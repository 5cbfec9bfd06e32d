/** What a model of labels or tags says of examples whose right ones are known. */

import type { Model } from '../ask/index.ts';
import type { ExampleTask } from '../text/index.ts';
import { type Counted, GROUP, sequencesOf, withExamples } from './examples.ts';
import { addUp, type MeterOptions, type Source } from './meter.ts';

/** Right and given ids, example by example, with the summed loss. */
export interface Answers extends Counted {
  /** Below 0, -1 - i, for the label i of `unseenLabels`. */
  right: Int32Array[];
  given: Int32Array[];
  /** Labels that the model does not know, and how many of the right ones are such. */
  unseenLabels: readonly string[];
  unseen: number;
  /** Nats, of labels that it knows. */
  lossSum: number;
}

export function readAnswers(task: ExampleTask, model: Model, source: Source, options: MeterOptions): Promise<Answers> {
  return withExamples(task, model, source, options, ({ examples: { inputs, outputs } }, unseenLabels) => {
    const found: Omit<Answers, keyof Counted> = { right: [], given: [], unseenLabels, unseen: 0, lossSum: 0 };
    for (let first = 0; first < inputs.lengths.length; first += GROUP) {
      const right = sequencesOf(outputs, first, first + GROUP);
      const predicted = model.predictor.predict(sequencesOf(inputs, first, first + GROUP));
      right.forEach((ids, i) => {
        found.right.push(ids);
        found.given.push(predicted[i].likeliest);
        found.unseen += ids.filter((id) => id < 0).length;
        for (const loss of predicted[i].losses(ids)) found.lossSum += loss;
      });
    }
    return found;
  });
}

export function joinAnswers(parts: readonly Answers[]): Answers {
  const unseenLabels: string[] = [];
  const right = parts.flatMap((part) => {
    const before = unseenLabels.length;
    unseenLabels.push(...part.unseenLabels);
    return before === 0 ? part.right : part.right.map((ids) => ids.map((id) => (id < 0 ? id - before : id)));
  });
  return {
    ...addUp(parts.map(({ right, given, unseenLabels, ...sums }) => sums)),
    right,
    given: parts.flatMap(({ given }) => given),
    unseenLabels,
  };
}

/** The ids of sequences, one after the other. */
export function flat(sequences: readonly Int32Array[]): number[] {
  return sequences.flatMap((ids) => [...ids]);
}
