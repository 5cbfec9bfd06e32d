export {
  chooseVariant,
  type KernelChoice,
  type KernelVariant,
  type VariantReport,
  variantReports,
} from '../kernels/index.ts';
export { createEngine } from './engine.ts';
export { createStepModel, type EngineStepModel, type StepState } from './stepModel.ts';
export type {
  Engine,
  EngineOptions,
  EvaluationResult,
  OptimizerConfig,
  OptimizerName,
  StepResult,
  Tensor,
} from './types.ts';
