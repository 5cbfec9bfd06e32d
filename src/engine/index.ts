export {
  chooseVariant,
  type KernelChoice,
  type KernelVariant,
  type VariantReport,
  variantReports,
} from '../kernels/index.ts';
export { createEngine } from './engine.ts';
export { type Evaluated, evaluateEpoch } from './evaluate.ts';
export type { StepState } from './inference.ts';
export { type Activations, createInspector, type Inspector, type StateGradients } from './inspect.ts';
export { createPredictor, type Predictor } from './predictor.ts';
export { createStepModel, type EngineStepModel } from './step-model.ts';
export { createTranslator, type SourceDecoder, type Translator } from './translator.ts';
export type {
  Engine,
  EngineOptions,
  EvaluationResult,
  OptimizerConfig,
  OptimizerName,
  StepResult,
  Tensor,
} from './types.ts';
