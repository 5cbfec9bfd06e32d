/** What readers of tables share: what they are told, and what takes their rows. */

import { isBlank } from '../../white-space.ts';
import { type LinePlace, lineError } from '../lines.ts';
import type { Columns, Roles } from './columns.ts';

export const fileFormats = ['tab', 'csv', 'jsonl', 'conll', 'conllu'] as const;

/** `tab`: two fields a line; `csv`: with quotes, parted by comma, semicolon or tab; `jsonl`: a JSON object a line; `conll`, `conllu`: a token a line. */
export type FileFormat = (typeof fileFormats)[number];

export interface TableOptions {
  roles: Roles;
  columns: Columns | undefined;
  /** Recognised by the beginning of a file if absent. */
  format: FileFormat | undefined;
}

export interface RowTaker {
  /** The two fields that a task reads. */
  row(first: Uint8Array, second: Uint8Array): void;
  /** An empty line. */
  blank(): void;
}

/** A table that is being read, from pieces of UTF-8; it keeps `place` at its line. */
export interface TableReading {
  file: string;
  pieces: AsyncIterable<Uint8Array>;
  place: LinePlace;
  taker: RowTaker;
}

/** Hands a row's fields on; both must hold something. */
export function takeFields(
  [first, second]: readonly [string, string],
  [ofFirst, ofSecond]: Roles,
  { place, taker }: TableReading,
): void {
  const fields = [Buffer.from(first), Buffer.from(second)] as const;
  if (isBlank(fields[0]))
    throw lineError(place, `has a ${ofSecond} without a ${ofFirst}: give it one, or leave it out`);
  if (isBlank(fields[1]))
    throw lineError(place, `has a ${ofFirst} without a ${ofSecond}: give it one, or leave it out`);
  taker.row(...fields);
}
