export { chooseCutoffs } from './adaptive.ts';
export type { Cell, GruReset, ModelConfig } from './config.ts';
export { initialParameters } from './initial.ts';
export {
  type Cluster,
  clusters,
  elementCount,
  gateCount,
  inputSize,
  type ParameterShape,
  parameterCount,
  parameterShapes,
} from './parameters.ts';
