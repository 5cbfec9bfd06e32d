/** Names and shapes of parameters, which the reference shares with the engine, and widths that follow from them. */

import { stackShapes } from '../../src/engine/index.ts';
import { bridgeProjects, layerSuffix, type StackShape } from '../../src/engine/parts/index.ts';
import type { ModelConfig } from '../../src/model/index.ts';

export { parameterSpecs } from '../../src/engine/index.ts';
export { elementCount } from '../../src/model/index.ts';
export { layerSuffix, type StackShape, stackShapes };

/** Width of what a stack hands on from each of its layers. */
export function stackWidth({ hidden, merge }: Pick<ModelConfig, 'hidden' | 'merge'>, stack: StackShape): number {
  return stack.directions.length === 2 && merge === 'concat' ? 2 * hidden : hidden;
}

/** Width of what the output layer reads. */
export function outputWidth(config: ModelConfig): number {
  if (config.task === 'fill') return 2 * config.hidden;
  return config.task === 'translate' ? config.hidden : stackWidth(config, stackShapes(config)[0]);
}

/** Whether a translator's decoder starts from a projection of the encoder's final states. */
export function hasBridge(config: ModelConfig): boolean {
  return config.task === 'translate' && bridgeProjects(config, stackWidth(config, stackShapes(config)[0]));
}
