/** Reads the tables of one corpus, and remembers what there is to say of their formats. */

import { fileName } from '../files.ts';
import type { LinePlace } from '../lines.ts';
import { createColumnWatch } from '../mistakes.ts';
import { type Remark, shortList } from '../remarks.ts';
import { parseColumns, type Roles } from './columns.ts';
import { readTable } from './read.ts';
import type { FileFormat, RowTaker } from './table.ts';

export interface FormatOptions {
  /** Which columns hold what, `label=2,text=body`; found by their usual names, or the first and the second, if absent. */
  columns?: string | undefined;
  /** Recognised if absent. */
  fileFormat?: FileFormat | undefined;
}

export interface Formats {
  /** Gives the rows of a file to `taker`. */
  read(file: string, pieces: AsyncIterable<Uint8Array>, place: LinePlace, taker: RowTaker): Promise<void>;
  remarks(): Remark[];
}

/** @throws InputError for columns that the roles know nothing of. */
export function createFormats(roles: Roles, { columns, fileFormat }: FormatOptions): Formats {
  const options = {
    roles,
    columns: columns === undefined ? undefined : parseColumns(columns, roles),
    format: fileFormat,
  };
  const watch = createColumnWatch(roles);
  /** Files by what there is to say of them. */
  const said = new Map<string, string[]>();
  return {
    async read(file, pieces, place, taker) {
      const watched: RowTaker = {
        row(first, second) {
          watch.row(first, second);
          taker.row(first, second);
        },
        blank: taker.blank,
      };
      const how = await readTable(file, pieces, place, columns === undefined ? watched : taker, options);
      watch.check(file);
      if (how !== undefined) said.set(how, [...(said.get(how) ?? []), fileName(file)]);
    },
    remarks: () =>
      [...said].map(([how, files]) => ({
        about: 'format',
        text: `${shortList(files)} read as ${how}.`,
        warning: false,
        count: files.length,
      })),
  };
}
