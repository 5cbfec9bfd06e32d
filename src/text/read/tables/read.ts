/** Reads a file of rows in whatever format it is: told, or recognised by its beginning where that is safe. */

import { InputError, option } from '../../../errors.ts';
import { fileName } from '../files.ts';
import { type LinePlace, readLines, splitFields } from '../lines.ts';
import { findColumns, shown } from './columns.ts';
import { CONLLU, type ConllShape, firstRow, readConll } from './conll.ts';
import { type DelimitedShape, delimiterOf, fieldsOf, isQuoted, readDelimited } from './delimited.ts';
import { fieldNames, parseObject, readJsonLines } from './jsonl.ts';
import type { FileFormat, RowTaker, TableOptions } from './table.ts';

/** Bytes of a file that are looked at before its format is known. */
const HEAD_BYTES = 1 << 16;

/** How a file is read, and in which words that is said; nothing of a plain file of two fields a line. */
type Shape =
  | { format: 'tab' }
  | ({ format: 'csv'; said: string } & DelimitedShape)
  | { format: 'jsonl'; said: string; names: [string, string] }
  | ({ format: 'conll' | 'conllu'; said: string } & ConllShape);

/** Gives the rows of a file to `taker`, and returns what there is to say of how it was read. */
export async function readTable(
  file: string,
  pieces: AsyncIterable<Uint8Array>,
  place: LinePlace,
  taker: RowTaker,
  options: TableOptions,
): Promise<string | undefined> {
  place.file = file;
  place.line = 0;
  const iterator = pieces[Symbol.asyncIterator]();
  const head = await readHead(iterator);
  async function* all(): AsyncGenerator<Uint8Array> {
    yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  }
  const reading = { file, pieces: all(), place, taker };
  const shape = recognise(Buffer.from(head).toString(), file, options);
  try {
    if (shape.format === 'csv') await readDelimited(reading, shape, options);
    else if (shape.format === 'jsonl') await readJsonLines(reading, shape.names, options);
    else if (shape.format === 'tab') {
      await readLines(reading.pieces, place, (line) => {
        if (line.length === 0) taker.blank();
        else taker.row(...splitFields(line, place, options.roles));
      });
      return undefined;
    } else {
      const leftOut = await readConll(reading, shape, options);
      return `${shape.said}${leftOut > 0 ? `; ${leftOut} lines of comments, ends of documents, ranges and empty nodes left out` : ''}`;
    }
    return shape.said;
  } finally {
    await iterator.return?.();
  }
}

async function readHead(iterator: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD_BYTES) {
    const { value, done } = await iterator.next();
    if (done) break;
    parts.push(Uint8Array.from(value));
    size += value.length;
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts);
}

/** @throws InputError where the format is told or sure, and its columns are not those of the task. */
function recognise(head: string, file: string, options: TableOptions): Shape {
  const all = head.slice(0, HEAD_BYTES).split(/\r\n|[\n\r]/);
  // The last line may be cut.
  const lines = (all.length > 1 ? all.slice(0, -1) : all).filter((line) => line.trim() !== '');
  const [first = ''] = lines;
  const { format, roles } = options;
  const name = fileName(file);
  if (is('jsonl', format) && parseObject(first)) return jsonShape(first, name, options);
  if (roles[0] === 'token') {
    const rows = firstRow(lines);
    const universal = format === 'conllu' || (is('conllu', format) && isUniversal(rows?.row));
    if (rows && is(universal ? 'conllu' : 'conll', format)) {
      const shape = conllShape(rows, universal, name, options);
      if (shape) return shape;
    }
  } else {
    const quotes = format === 'csv' || /\.csv(\.gz)?$/i.test(file) || isQuoted(lines);
    const delimiter = quotes || !first.includes('\t') ? delimiterOf(first) : '\t';
    if (is('csv', format)) {
      const shape = delimitedShape(first, delimiter, quotes, name, options);
      if (shape) return shape;
    }
  }
  if (format !== undefined && format !== 'tab') {
    throw new InputError(
      `${name} is not what ${option('fileFormat', format)} says: its first line is ${shown([first])}.`,
    );
  }
  return { format: 'tab' };
}

/** Whether a file may be of a format: what was told, or whatever is recognised. */
function is(format: FileFormat, told: FileFormat | undefined): boolean {
  return told === undefined || told === format;
}

function jsonShape(line: string, name: string, options: TableOptions): Shape {
  const object = parseObject(line)!;
  const names = fieldNames(object, options, name);
  if (names === undefined) throw undecided(name, Object.keys(object), options);
  return { format: 'jsonl', said: said('JSON Lines', options, names), names };
}

function isUniversal(row: readonly string[] | undefined): boolean {
  return row?.length === CONLLU.length && /^\d+([-.]\d+)?$/.test(row[0]);
}

function conllShape(
  { row, tabs }: NonNullable<ReturnType<typeof firstRow>>,
  universal: boolean,
  name: string,
  options: TableOptions,
): Shape | undefined {
  const width = row.length;
  if (universal) {
    const named = findColumns(CONLLU, options.roles, options.columns, name)!;
    const columns = named.places.map((at) => CONLLU[at].toUpperCase());
    return {
      format: 'conllu',
      said: said('CoNLL-U', options, columns),
      ...named,
      header: false,
      tabs,
      width,
      universal,
    };
  }
  const found = findColumns(row, options.roles, options.columns, name);
  // Two fields parted by a tab are what a tagger's file has anyway.
  if (!found && tabs && width === 2 && options.format === undefined) return undefined;
  const { places, header } = found ?? { places: [0, width - 1] as [number, number], header: false };
  if (!found && /^\d+$/.test(row[0])) throw undecided(name, row, options);
  const columns = places.map((at) => (header ? row[at] : `column ${at + 1}`));
  return { format: 'conll', said: said(`CoNLL's columns`, options, columns), places, header, tabs, width, universal };
}

function delimitedShape(
  line: string,
  delimiter: string,
  quotes: boolean,
  name: string,
  options: TableOptions,
): Shape | undefined {
  const row = fieldsOf(line, delimiter, quotes);
  const found = row.length > 1 || options.columns ? findColumns(row, options.roles, options.columns, name) : undefined;
  if (!found && (!quotes || row.length === 1)) return undefined;
  if (!found && row.length !== 2) throw undecided(name, row, options);
  const { places, header } = found ?? { places: [0, 1] as [number, number], header: false };
  const what = delimiter === '\t' ? 'a table parted by tabs' : 'CSV';
  const columns = places.map((at) => (header ? row[at] : `column ${at + 1}`));
  const how = said(
    `${what}${quotes && delimiter === '\t' ? ' with quotes' : ''}${header ? ' with a header row' : ''}`,
    options,
    columns,
  );
  return { format: 'csv', said: how, places, header, delimiter, quotes, width: row.length };
}

function said(what: string, { roles }: TableOptions, columns: readonly string[]): string {
  return `${what}, ${roles.map((role, i) => `${role} from ${columns[i]}`).join(', ')}`;
}

function undecided(name: string, row: readonly string[], { roles }: TableOptions): InputError {
  const example = option('columns', roles.map((role, i) => `${role}=${i + 1}`).join(','));
  return new InputError(
    `${name} has ${row.length} columns, ${shown(row)}: say which have ${roles[0]} and ${roles[1]}, as in ${example}, by number or name.`,
  );
}
