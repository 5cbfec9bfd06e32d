/** Options of the command `lm train` itself: where a run is written, what it starts from, and what is reported. */

import { boolean, text } from '../readers.ts';
import { row } from '../row.ts';

export const runOptions = {
  name: row(text, {
    value: 'name',
    help: "the run's name",
    defaultText: "the first file's; a free one for the default corpus",
  }),
  out: row(text, {
    value: 'dir',
    help: 'folder to write the run to; with --name, folder of runs',
    defaultText: 'runs/<name>',
  }),
  overwrite: row(boolean, { help: 'replace the run that is there' }),
  resume: row(text, { value: 'dir', help: 'go on with the run in this folder, exactly; limits may be raised' }),
  initFrom: row(text, {
    value: 'dir',
    help: 'start from the weights of this run, on another text; shared tokens keep theirs',
  }),
  config: row(text, {
    value: 'file',
    help: 'read options from JSON, such as the config.json of a run; flags win over it',
  }),
  json: row(boolean, { help: 'report as JSON Lines on stdout' }),
  quiet: row(boolean, { help: 'report nothing but warnings and errors' }),
};
