/** How good a model is: losses and scores of each task. */

export type { ClassificationMeasures, ClassMeasures } from './classes.ts';
export { type EvaluateOptions, type Evaluation, evaluate, type FileEvaluation } from './evaluate.ts';
export type { ClassifyEvaluation, TagEvaluation, TranslateEvaluation } from './evaluate-examples.ts';
export type { FillEvaluation } from './evaluate-fill.ts';
export type { TextEvaluation } from './evaluate-text.ts';
