/** What is learnt: a model's configuration, and what a parameter is. */

export { chooseCutoffs } from './adaptive.ts';
export { type Cluster, clusters } from './clusters.ts';
export {
  type Attention,
  attentions,
  type CellName,
  cellNames,
  completeModel,
  type GruReset,
  gruResets,
  type Merge,
  type ModelConfig,
  merges,
  type Output,
  outputs,
  type Pool,
  pools,
  type Task,
  taskNames,
} from './config.ts';
export {
  constant,
  elementCount,
  type Initial,
  initialValues,
  normal,
  type ParameterSpec,
  type Role,
  uniform,
  zeros,
} from './parameter.ts';
