/** Options of `lm eval`. */

import { boolean, sideBySide, threadCount } from '../readers.ts';
import { row } from '../row.ts';

export const evalOptions = {
  lossy: row(boolean, { help: 'replace invalid UTF-8 by U+FFFD' }),
  threads: row(threadCount, { value: 'n', help: 'threads to compute on', defaultText: 'one a core' }),
  beam: row(sideBySide, {
    value: 'w',
    help: 'translate: search with w hypotheses side by side',
    defaultText: 'greedy',
    tasks: ['translate'],
  }),
  json: row(boolean, { help: 'one JSON object' }),
};
