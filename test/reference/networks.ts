/** What the tests go through: every cell, and every task with each of its heads. */

import type { ModelConfig } from '../../src/model/config.ts';
import { modelConfig } from './random.ts';

export const CELLS: Partial<ModelConfig>[] = [
  { cell: 'rnn' },
  { cell: 'gru', gruReset: 'before' },
  { cell: 'gru', gruReset: 'after' },
  { cell: 'gru', gruReset: 'none' },
  { cell: 'lstm' },
  { cell: 'mingru' },
  { cell: 'gru', gruReset: 'before', layerNorm: true },
  { cell: 'gru', gruReset: 'after', layerNorm: true },
  { cell: 'gru', gruReset: 'none', layerNorm: true },
  { cell: 'lstm', layerNorm: true },
];

/** Every plain cell, and of the normalized ones, which take the same ways, one in turn. */
export function cellsInTurn(turn: number): Partial<ModelConfig>[] {
  const normalized = CELLS.filter(({ layerNorm }) => layerNorm);
  return [...CELLS.filter(({ layerNorm }) => !layerNorm), normalized[turn % normalized.length]];
}

/** For the names of tests: `gru before`. */
export const cellName = ({ cell, gruReset, layerNorm }: Partial<ModelConfig>): string =>
  `${cell}${cell === 'gru' ? ` ${gruReset}` : ''}${layerNorm ? ', normalized' : ''}`;

const NETWORKS: Partial<ModelConfig>[] = [
  { task: 'tag', bidirectional: true, layers: 2 },
  { task: 'tag', bidirectional: true, layers: 3, merge: 'sum', embedding: 0 },
  { task: 'tag', layers: 1 },
  { task: 'classify', bidirectional: true, layers: 2 },
  { task: 'classify', bidirectional: true, layers: 2, merge: 'sum' },
  { task: 'classify', bidirectional: true, layers: 1, pool: 'mean' },
  { task: 'classify', bidirectional: true, layers: 2, pool: 'max', embedding: 0 },
  { task: 'classify', layers: 2 },
  { task: 'fill', layers: 1, embedding: 0 },
  { task: 'fill', layers: 2 },
  { task: 'translate', bidirectional: true, layers: 2 },
  { task: 'translate', layers: 1, embedding: 0 },
  { task: 'translate', bidirectional: true, layers: 2, merge: 'sum', attention: 'dot' },
  { task: 'translate', layers: 1, attention: 'dot', tie: true },
  { task: 'translate', bidirectional: true, layers: 2, attention: 'general' },
  { task: 'translate', bidirectional: true, layers: 1, merge: 'sum', attention: 'general', embedding: 0 },
  { task: 'tag', bidirectional: true, layers: 2, output: 'crf' },
  { task: 'tag', layers: 1, embedding: 0, output: 'crf' },
];

/** Every task with every head, in the sizes and with the cell of `config`. */
export function taskModels(config: Partial<ModelConfig>): ModelConfig[] {
  return NETWORKS.map((network) => {
    const { classes = 5, ...sizes } = config;
    const model = modelConfig({ ...sizes, ...network, ...(network.task !== 'fill' && { classes }) });
    return model.tie ? { ...model, embedding: model.hidden } : model;
  });
}

/** For the names of tests. */
export function taskName(config: ModelConfig): string {
  const { task, bidirectional, merge, pool, output, attention } = config;
  return [
    task,
    cellName(config),
    ...(bidirectional ? [`both directions, ${merge}`] : []),
    ...(task === 'classify' ? [pool] : []),
    ...(output === 'crf' ? [output] : []),
    ...(task === 'translate' ? [`attention ${attention}`] : []),
    config.tie ? 'tied' : config.embedding > 0 ? 'embedding' : 'one-hot',
    `${config.layers} layers`,
  ].join(', ');
}
