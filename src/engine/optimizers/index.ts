/** Every optimizer, by name. A new one is a file beside this one, and a line here. */

import { adam, adamw } from './adam.ts';
import { lion } from './lion.ts';
import { muon } from './muon.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export const optimizers = { adam, adamw, rmsprop, sgd, lion, muon } as const satisfies Record<string, Optimizer>;

export type OptimizerName = keyof typeof optimizers;

export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

export function optimizerOf(name: OptimizerName): Optimizer {
  return optimizers[name];
}

export type { MatrixRule, Optimizer, Update } from './optimizer.ts';
