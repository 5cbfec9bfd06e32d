/** What a trained model answers: samples, labels, tags, translations, fillings. */

export { classify, type LabelProbability } from './classify.ts';
export { type Copy, type CopyFinder, openCopyFinder } from './copies.ts';
export { BLANK, type Filling, type FillOptions, fill } from './fill.ts';
export type { AskOptions } from './inputs.ts';
export { type AnyModel, createModel, demandTask, load, type Model } from './model.ts';
export { promptRead, type SampleOptions, type SearchOptions, sample, search } from './sample.ts';
export { type Score, type ScoredToken, type ScoreOptions, score, type TokenProbability } from './score.ts';
export { type TaggedToken, tag } from './tag.ts';
export { decodeSources, type TranslateOptions, type Translation, translate } from './translate.ts';
export { createTurns, type Turns } from './turns.ts';
