/** How good a model is: losses and scores of each task. */

export type { ClassificationMeasures, ClassMeasures } from './classes.ts';
export type { ClassifyEvaluation } from './classify.ts';
export { type EvaluateOptions, type Evaluation, evaluate, type FileEvaluation } from './evaluate.ts';
export type { FillEvaluation } from './fill.ts';
export type { TextEvaluation } from './lm.ts';
export type { TagEvaluation } from './tag.ts';
export type { TranslateEvaluation } from './translate.ts';
