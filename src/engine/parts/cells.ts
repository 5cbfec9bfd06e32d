/** Every cell, by name. A new one is a file beside this one, its name in model/config.ts, and a line here. */

import type { CellName, ModelConfig } from '../../model/index.ts';
import type { Cell } from './cell.ts';
import { gru } from './gru.ts';
import { lstm, normalizedLstm } from './lstm.ts';
import { minGru } from './min-gru.ts';
import { rnn } from './rnn.ts';

const cells: { readonly [C in CellName]: (model: ModelConfig) => Cell } = {
  rnn: () => rnn,
  gru: ({ gruReset, layerNorm }) => gru(gruReset, layerNorm),
  lstm: ({ layerNorm }) => (layerNorm ? normalizedLstm : lstm),
  mingru: () => minGru,
};

export function cellOf(model: ModelConfig): Cell {
  return cells[model.cell](model);
}
