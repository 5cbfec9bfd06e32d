/** What a trained model says about a text, and how often it is right. */

export type { ClassificationMeasures, ClassMeasures } from './classes.ts';
export { classify, type LabelProbability } from './classify.ts';
export { type EvaluateOptions, type Evaluation, evaluate, type FileEvaluation } from './evaluate.ts';
export type { ClassifyEvaluation, TagEvaluation, TranslateEvaluation } from './evaluate-examples.ts';
export type { FillEvaluation } from './evaluate-fill.ts';
export type { TextEvaluation } from './evaluate-text.ts';
export { BLANK, type Filling, type FillOptions, fill } from './fill.ts';
export type { AskOptions } from './inputs.ts';
export { createModel, demandTask, type Model } from './model.ts';
export { type SampleOptions, type SearchOptions, sample, search } from './sample.ts';
export { type TaggedToken, tag } from './tag.ts';
export { type TranslateOptions, type Translation, translate } from './translate.ts';
