/** Decoding: texts from a model, by sampling, greedily or by beam search. */

export { type BeamOptions, beam, type Hypothesis } from './beam.ts';
export { createFilter, draw, type Filter, type FilterOptions } from './filter.ts';
export { type Decoded, type GreedyOptions, greedy } from './greedy.ts';
export type { Fed } from './prompt.ts';
export type { RepetitionOptions } from './repetition.ts';
export { type SampledToken, type SampleOptions, sample } from './sample.ts';
export { type StopMatcher, stopMatcher } from './stop.ts';
export { createTop } from './top.ts';
export type { StepModel } from './types.ts';
