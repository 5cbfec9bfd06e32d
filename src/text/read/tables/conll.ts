/**
 * A token a line with several columns: the files of the CoNLL shared tasks, which end a document with `-DOCSTART-` (Tjong Kim Sang and
 * De Meulder 2003), and CoNLL-U (universaldependencies.org), with comments, ranges of words (`1-2`) and empty nodes (`1.1`).
 */

import { lineError, readLines } from '../lines.ts';
import type { Found } from './columns.ts';
import { type TableOptions, type TableReading, takeFields } from './table.ts';

/** The columns of CoNLL-U, by name. */
export const CONLLU = ['id', 'form', 'lemma', 'upos', 'xpos', 'feats', 'head', 'deprel', 'deps', 'misc'];

export interface ConllShape extends Found {
  /** Whether tabs part the columns; otherwise spaces do. */
  tabs: boolean;
  width: number;
  universal: boolean;
}

const DOCUMENT = '-DOCSTART-';

/** Reads the rows, and returns how many lines were left out as comments, ends of documents, ranges and empty nodes. */
export async function readConll(
  reading: TableReading,
  { places, header, tabs, width, universal }: ConllShape,
  { roles }: TableOptions,
): Promise<number> {
  const { place, taker, pieces } = reading;
  let first = header;
  let leftOut = 0;
  await readLines(pieces, place, (bytes) => {
    if (bytes.length === 0) return taker.blank();
    const row = splitRow(Buffer.from(bytes).toString(), tabs);
    const other = row.length !== width;
    if (first && !other) {
      first = false;
    } else if (row[0] === DOCUMENT) {
      leftOut++;
      taker.blank();
    } else if ((other && row[0].startsWith('#')) || (universal && /^\d+[-.]\d+$/.test(row[0]))) {
      leftOut++;
    } else if (other) {
      throw lineError(
        place,
        `has ${row.length} ${row.length === 1 ? 'column' : 'columns'}, where the first row has ${width}`,
      );
    } else {
      takeFields([row[places[0]], row[places[1]]], roles, reading);
    }
  });
  return leftOut;
}

/** The columns of a line. */
export function splitRow(line: string, tabs: boolean): string[] {
  return tabs ? line.split('\t') : line.trim().split(/ +/);
}

/** The first row of a token among the lines of a file, with the way in which it is parted. */
export function firstRow(lines: readonly string[]): { row: string[]; tabs: boolean } | undefined {
  const rows = lines.filter((line) => line.trim() !== '' && !line.startsWith(DOCUMENT) && !/^#(\s|$)/.test(line));
  const [line = ''] = rows;
  const tabs = line.includes('\t');
  const row = splitRow(line, tabs);
  // Spaces part columns where all lines have as many.
  if (!tabs && (row.length < 2 || rows.some((one) => splitRow(one, false).length !== row.length))) return undefined;
  return { row, tabs };
}
