/** JSON Lines: an object a line, whose fields are columns; for a task of sentences they may be lists of tokens and of tags. */

import { type LinePlace, lineError, readLines } from '../lines.ts';
import { findColumns } from './columns.ts';
import { type TableOptions, type TableReading, takeFields } from './table.ts';

/** The fields of the object in a line; `undefined` for a line that holds none. */
export function parseObject(line: string): Record<string, unknown> | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The names of the two fields in the first object. */
export function fieldNames(
  object: Record<string, unknown>,
  { roles, columns }: TableOptions,
  file: string,
): [string, string] | undefined {
  const names = Object.keys(object);
  const found = findColumns(names, roles, columns, file);
  return found && [names[found.places[0]], names[found.places[1]]];
}

export async function readJsonLines(
  reading: TableReading,
  names: readonly [string, string],
  { roles }: TableOptions,
): Promise<void> {
  const { place, taker, pieces } = reading;
  await readLines(pieces, place, (bytes) => {
    if (bytes.length === 0) return taker.blank();
    const object = parseObject(Buffer.from(bytes).toString());
    if (object === undefined) throw lineError(place, 'is no JSON object');
    const values = names.map((name) => object[name]);
    if (Array.isArray(values[0]) && Array.isArray(values[1]) && roles[0] === 'token') {
      const [tokens, tags] = values as [unknown[], unknown[]];
      if (tokens.length !== tags.length) {
        throw lineError(place, `has ${tokens.length} tokens and ${tags.length} tags: give each token one`);
      }
      tokens.forEach((token, i) => {
        takeFields([textOf(token, 0, names, place), textOf(tags[i], 1, names, place)], roles, reading);
      });
      taker.blank();
      return;
    }
    takeFields([textOf(values[0], 0, names, place), textOf(values[1], 1, names, place)], roles, reading);
  });
}

function textOf(value: unknown, which: 0 | 1, names: readonly [string, string], place: LinePlace): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw lineError(place, `has no text in its field ${JSON.stringify(names[which])}`);
}
