/** Options of `lm predict`. */

import { atLeast0, boolean, COUNT, integer, sideBySide, text } from '../readers.ts';
import { row } from '../row.ts';

export const predictOptions = {
  file: row(text, { value: 'file', help: 'ask about each line of this file' }),
  top: row(sideBySide, {
    value: 'n',
    help: 'answers for each text, the likeliest first',
    defaultText: '1',
  }),
  length: row(integer(1, COUNT), {
    value: 'n',
    help: "translate: most tokens (default: the longest target's); fill: tokens of a blank",
    defaultText: 'as many as join best',
    tasks: ['translate', 'fill'],
  }),
  beam: row(sideBySide, {
    value: 'w',
    help: 'translate, fill: search with w hypotheses side by side',
    defaultText: 'translate greedily, fill with 16',
    tasks: ['translate', 'fill'],
  }),
  lengthPenalty: row(atLeast0, {
    value: 'a',
    help: 'translate, with --beam: above 0 favours longer ones',
    defaultText: '0',
    tasks: ['translate'],
  }),
  temperature: row(atLeast0, {
    value: 't',
    help: 'translate, fill: draw instead of search, from a sharper distribution below 1; fill draws by Gibbs sampling',
    tasks: ['translate', 'fill'],
  }),
  samples: row(sideBySide, {
    value: 'n',
    help: 'with --temperature: how many are drawn',
    defaultText: '1',
    tasks: ['translate', 'fill'],
  }),
  seed: row(integer(0, COUNT), {
    value: 'n',
    help: 'with --temperature: another seed draws others',
    defaultText: '1',
    tasks: ['translate', 'fill'],
  }),
  showAttention: row(boolean, {
    help: 'translate: draw where the decoder looks, source along the top, target down',
    tasks: ['translate'],
  }),
  json: row(boolean, { help: 'one JSON object an answer' }),
};
