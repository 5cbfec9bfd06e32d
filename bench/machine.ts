/** What the figures were measured on. */

import { availableParallelism, cpus, totalmem, type } from 'node:os';
import { kernels } from './built.ts';

export interface Machine {
  cpu: string;
  cores: number;
  /** Bytes. */
  memory: number;
  system: string;
  node: string;
  v8: string;
  kernel: string;
  precision: string;
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? process.arch,
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${type()} on ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    kernel: kernels.chooseVariant('auto'),
    precision: kernels.choosePrecision('auto', 'auto'),
  };
}

export function describeMachine({ cpu, cores, memory, system, node, v8, kernel, precision }: Machine): string {
  const gigabytes = (memory / 1e9).toFixed(0);
  return `${cpu}, ${cores} cores, ${gigabytes} GB; ${system}; Node ${node} (V8 ${v8}), kernel variant ${kernel}, ${precision}`;
}
