/** The network of every task, by name. */

import type { ModelConfig, ParameterSpec, Task } from '../../model/index.ts';
import type { StackShape } from '../parts/index.ts';
import { classify } from './classify.ts';
import { fill } from './fill.ts';
import { lm } from './lm.ts';
import type { NetworkKind } from './network.ts';
import { tag } from './tag.ts';
import { translate } from './translate.ts';

const networks: { readonly [T in Task]: NetworkKind } = { lm, classify, tag, translate, fill };

export function networkOf({ task }: Pick<ModelConfig, 'task'>): NetworkKind {
  return networks[task];
}

/** All parameters of a model, in the order of the flat block. */
export function parameterSpecs(model: ModelConfig): ParameterSpec[] {
  return networkOf(model).parameters(model);
}

/** The stacks of a model, in the order in which they are computed. */
export function stackShapes(model: ModelConfig): StackShape[] {
  return networkOf(model).stacks(model);
}

export type { Network, NetworkKind } from './network.ts';
export { type TranslateNetwork, translate } from './translate.ts';
