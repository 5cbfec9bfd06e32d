export { chooseCutoffs } from './adaptive.ts';
export type { Attention, Cell, GruReset, Merge, ModelConfig, Pool, Task } from './config.ts';
export { initialParameters } from './initial.ts';
export {
  type Cluster,
  classCount,
  clusters,
  elementCount,
  gateCount,
  hasBridge,
  inputSize,
  layerSuffix,
  type ParameterShape,
  parameterCount,
  parameterShapes,
  type StackShape,
  stackShapes,
} from './parameters.ts';
