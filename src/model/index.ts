export type { Cell, GruReset, ModelConfig } from './config.ts';
export { initialParameters } from './initial.ts';
export {
  elementCount,
  gateCount,
  inputSize,
  type ParameterShape,
  parameterCount,
  parameterShapes,
} from './parameters.ts';
