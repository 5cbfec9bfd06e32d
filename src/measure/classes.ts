/** How well labels are given: accuracy, precision and recall of each label, the confusion matrix. */

import { f1, macroF1 } from '../engine/index.ts';

/** Of one label. A share of nothing is 0. */
export interface ClassMeasures {
  label: string;
  /** Share of those given it that have it. */
  precision: number;
  /** Share of those that have it that were given it. */
  recall: number;
  /** Harmonic mean of the two. */
  f1: number;
  /** How many have it. */
  support: number;
}

export interface ClassificationMeasures {
  accuracy: number;
  /** Mean F1 over the labels that occur or were given. */
  macroF1: number;
  perClass: ClassMeasures[];
  /** (labels, labels) counts: row i, column j is how many of label i were given label j. */
  confusion: number[][];
}

/** Measures `given` labels (ids) against the right ones, which are below 0 where no label is right. There is at least one. */
export function classificationMeasures(
  labels: readonly string[],
  right: ArrayLike<number>,
  given: ArrayLike<number>,
): ClassificationMeasures {
  const confusion = labels.map(() => labels.map(() => 0));
  /** By label, how many were given it that have none of the labels. */
  const strays = labels.map(() => 0);
  for (let i = 0; i < right.length; i++) (confusion[right[i]] ?? strays)[given[i]]++;
  const sum = (counts: readonly number[]): number => counts.reduce((total, n) => total + n, 0);
  const perClass = labels.map((label, id): ClassMeasures => {
    const hits = confusion[id][id];
    const support = sum(confusion[id]);
    const taken = strays[id] + sum(confusion.map((row) => row[id]));
    return { label, ...precisionAndRecall(hits, taken, support), support };
  });
  return {
    accuracy: sum(labels.map((_, id) => confusion[id][id])) / right.length,
    macroF1: macroF1(right, given),
    perClass,
    confusion,
  };
}

/** By the number of right answers, of answers, and of what there was to be found. */
export function precisionAndRecall(
  hits: number,
  found: number,
  wanted: number,
): { precision: number; recall: number; f1: number } {
  return {
    precision: found === 0 ? 0 : hits / found,
    recall: wanted === 0 ? 0 : hits / wanted,
    f1: f1(hits, found, wanted),
  };
}
