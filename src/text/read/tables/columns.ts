/** Which columns of a table hold what a task reads: by number, by the names of a header row, or by names that are usual. */

import { InputError, option } from '../../../errors.ts';
import { cleanName } from '../../white-space.ts';

/** What the two columns that a task reads hold. */
export type Roles = readonly [first: Role, second: Role];

export type Role = keyof typeof USUAL;

/** Names that tables have for it, the surest first. */
const USUAL = {
  label: ['label', 'class', 'category', 'sentiment', 'intent', 'topic', 'labels'],
  text: ['text', 'sentence', 'body', 'content', 'review', 'question', 'tweet', 'message', 'comment', 'utterance'],
  token: ['token', 'word', 'form', 'tokens', 'words'],
  tag: ['tag', 'ner', 'pos', 'upos', 'ner_tag', 'pos_tag', 'tags', 'ner_tags', 'pos_tags', 'label', 'labels'],
  source: ['source', 'src', 'input'],
  target: ['target', 'tgt', 'output'],
} as const;

/** What `--columns` says: a number from 1 on or a name, by role. */
export type Columns = ReadonlyMap<string, string>;

/**
 * Reads `label=2,text=body`.
 *
 * @throws InputError for another form, and for what the task has no use for.
 */
export function parseColumns(text: string, roles: Roles): Columns {
  const columns = new Map<string, string>();
  for (const part of text.split(',')) {
    const [, role, column] = /^\s*([^=]*?)\s*=\s*(.*?)\s*$/su.exec(part) ?? [];
    if (!column || !roles.some((one) => one === role)) {
      const example = roles.map((one, i) => `${one}=${i + 1}`).join(',');
      throw new InputError(`${option('columns', text)} must name columns by number or name, such as ${example}.`);
    }
    columns.set(role, column);
  }
  return columns;
}

/** Where the two columns are among those of a header row, and whether that has been taken for one. */
export interface Found {
  places: [first: number, second: number];
  header: boolean;
}

/**
 * Finds the columns that `columns` says, and others by usual names, in the first row of a table.
 *
 * @throws InputError if a column that is named is not there, or only one of the two is known; `file` is for the message.
 */
export function findColumns(
  row: readonly string[],
  roles: Roles,
  columns: Columns | undefined,
  file: string,
): Found | undefined {
  const names = row.map((name) => cleanName(name).toLowerCase());
  const usual = roles.map((role) => USUAL[role].map((name) => names.indexOf(name)).find((at) => at >= 0));
  const isHeader = usual.every((at) => at !== undefined) && usual[0] !== usual[1];
  let named = false;
  const places = roles.map((role, i) => {
    const column = columns?.get(role);
    if (column === undefined) return isHeader ? usual[i] : undefined;
    // Digits are a number even where the first row, which may be no header, has them in a field.
    const number = /^\d+$/.test(column);
    const at = number ? Number(column) - 1 : names.indexOf(cleanName(column).toLowerCase());
    if (!number && at >= 0) named = true;
    if (at >= 0 && at < row.length) return at;
    throw new InputError(
      `${file} has no column ${column} for ${option('columns')}: its first row has ${row.length}, ${shown(row)}.`,
    );
  });
  const missing = places.indexOf(undefined);
  if (missing < 0) return { places: places as [number, number], header: named || isHeader };
  if (columns === undefined) return undefined;
  throw new InputError(`${option('columns')} does not say which column of ${file} has the ${roles[missing]}: add it.`);
}

/** The fields of a row, for a message. */
export function shown(row: readonly string[]): string {
  return row.map((field) => JSON.stringify(field.length > 20 ? `${field.slice(0, 20)}…` : field)).join(', ');
}
