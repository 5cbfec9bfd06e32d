/** Options of `lm info`. */

import { boolean } from '../readers.ts';
import { row } from '../row.ts';

export const infoOptions = {
  system: row(boolean, { help: 'Node, cores, and the kernel variants: which can be used, which is chosen, and why' }),
  json: row(boolean, { help: 'one JSON object' }),
};
