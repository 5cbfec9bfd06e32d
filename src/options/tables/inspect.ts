/** Options of the parts of `lm inspect`. */

import { boolean, integer, text } from '../readers.ts';
import { row } from '../row.ts';

const json = row(boolean, { help: 'one JSON object' });

export const inspectOptions = {
  agreement: {
    pairs: row(text, {
      value: 'file',
      help: 'questions, one a line: prefix, right form, wrong form, and maybe number of attractors and distance, with tabs between them',
      defaultText: 'those of the agreement corpus',
    }),
    json,
  },
  gradients: {
    atInit: row(boolean, { help: 'with fresh weights of the same shapes, by the seeds of the runs' }),
    length: row(integer(1, 10_000), { value: 'k', help: 'most steps back', defaultText: '200' }),
    file: row(text, {
      value: 'file',
      help: 'text to take the losses from',
      defaultText: 'what the run was validated on',
    }),
    svg: row(text, { value: 'file', help: 'write the plot to an SVG file' }),
    json,
  },
  gates: {
    file: row(text, { value: 'file', help: 'take the text from a file, in numbers alone' }),
    units: row(integer(1, 10_000), { value: 'n', help: 'units of a layer to show', defaultText: '8' }),
    json,
  },
};
