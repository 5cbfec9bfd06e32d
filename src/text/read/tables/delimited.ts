/** CSV and TSV with quotes (RFC 4180) or more than two columns. */

import { InputError, option } from '../../../errors.ts';
import { fileName } from '../files.ts';
import { type LinePlace, lineError } from '../lines.ts';
import type { Found } from './columns.ts';
import { type TableOptions, type TableReading, takeFields } from './table.ts';

export interface DelimitedShape extends Found {
  delimiter: string;
  /** Whether `"` quotes; otherwise it is a character like others. */
  quotes: boolean;
  /** Columns of the first row, which all others have. */
  width: number;
}

/** Reads the rows of a table but its header. */
export async function readDelimited(
  reading: TableReading,
  { places, header, delimiter, quotes, width }: DelimitedShape,
  { roles }: TableOptions,
): Promise<void> {
  const { place, pieces } = reading;
  let first = header;
  for await (const row of records(pieces, delimiter, quotes, place)) {
    if (first) {
      first = false;
      continue;
    }
    if (row.length !== width) {
      throw lineError(
        place,
        `has ${row.length} ${row.length === 1 ? 'column' : 'columns'}, where the first row has ${width}`,
      );
    }
    takeFields([row[places[0]], row[places[1]]], roles, reading);
  }
}

async function* records(
  pieces: AsyncIterable<Uint8Array>,
  delimiter: string,
  quotes: boolean,
  place: LinePlace,
): AsyncGenerator<string[]> {
  const [{ parse }, { pipeline, Readable }] = await Promise.all([import('csv-parse'), import('node:stream')]);
  const parser = parse({
    delimiter,
    quote: quotes ? '"' : false,
    record_delimiter: ['\r\n', '\n', '\r'],
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  });
  async function* copies(): AsyncGenerator<Buffer> {
    for await (const bytes of pieces) yield Buffer.from(bytes);
  }
  // The reader of the records hears of a failure.
  pipeline(Readable.from(copies(), { highWaterMark: 1 }), parser, () => {});
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      place.line = info.lines;
      if (record.some((field) => field.trim() !== '')) yield record;
    }
  } catch (error) {
    if (!(error as Error & { code?: string }).code?.startsWith('CSV_')) throw error;
    throw new InputError(
      `${fileName(place.file)} is no whole CSV: ${(error as Error).message}; mend its quotes, or give ${option('fileFormat', 'tab')} if they are none.`,
      { cause: error },
    );
  }
}

/** What parts the columns of a CSV file: of comma, semicolon and tab the one that its first line has most of outside of quotes. */
export function delimiterOf(line: string): string {
  const bare = line.replace(/"(?:[^"]|"")*"/g, '');
  const counts = [',', ';', '\t'].map((delimiter) => bare.split(delimiter).length);
  return [',', ';', '\t'][counts.indexOf(Math.max(...counts))];
}

/** The fields of the first record, by its first line. */
export function fieldsOf(line: string, delimiter: string, quotes: boolean): string[] {
  if (!quotes) return line.split(delimiter);
  const pattern = new RegExp(`(?:^|${delimiter})(?:"((?:[^"]|"")*)"|([^${delimiter}]*))`, 'g');
  return Array.from(line.matchAll(pattern), ([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare);
}

const CLOSED = /^"(?:[^"]|"")*"$/;

/**
 * Whether `"` quotes in lines parted by tabs, where it mostly is a character: if every field that begins with one ends with one, and
 * a field has a quote inside that is written twice, or all are quoted.
 */
export function isQuoted(lines: readonly string[]): boolean {
  const fields = lines.flatMap((line) => line.split('\t'));
  const quoted = fields.filter((field) => field.startsWith('"'));
  if (quoted.length === 0 || !quoted.every((field) => CLOSED.test(field))) return false;
  return quoted.length === fields.length || quoted.some((field) => field.slice(1, -1).includes('""'));
}
