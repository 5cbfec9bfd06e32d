/** How a model is computed: training, evaluation, decoding. */

export {
  choosePrecision,
  chooseVariant,
  type KernelChoice,
  type KernelVariant,
  type Precision,
  type PrecisionChoice,
  type VariantReport,
  variantReports,
} from '../kernels/index.ts';
export {
  type Activations,
  createInspector,
  createPredictor,
  createStepModel,
  createTranslator,
  type EngineStepModel,
  type Inspector,
  type Predictor,
  type SourceDecoder,
  type StateGradients,
  type StepState,
  type Translator,
} from './decoding/index.ts';
export { createEngine } from './engine.ts';
export { type Evaluated, evaluateEpoch } from './evaluate.ts';
export { f1, macroF1 } from './f1.ts';
export { parameterSpecs, stackShapes } from './networks/index.ts';
export { type OptimizerName, optimizerNames, optimizerOf } from './optimizers/index.ts';
export type { Engine, EngineOptions, EvaluationResult, OptimizerConfig, StepResult, Tensor } from './types.ts';
