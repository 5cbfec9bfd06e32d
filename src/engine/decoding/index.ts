/** Models at work: writing, translating, predicting, and looked into. */

export { type Activations, createInspector, type Inspector, type StateGradients } from './inspector.ts';
export { createPredictor, type Predictor } from './predictor.ts';
export type { StepState } from './state-store.ts';
export { createStepModel, type EngineStepModel } from './step-model.ts';
export { createTranslator, type SourceDecoder, type Translator } from './translator.ts';
