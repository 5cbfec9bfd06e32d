/** Labels of examples: numbered as they come, then in the order of a model's outputs. */

import { InputError, option } from '../../errors.ts';
import { createWordTable, labelToken, type Scanner, SPECIAL_TOKENS, type Tokenizer, UNK } from '../tokens/index.ts';
import { cleanBytes, cleanName } from '../white-space.ts';
import type { Types } from './count.ts';
import { type LinePlace, lineError, placeName } from './lines.ts';
import { ENOUGH } from './mistakes.ts';
import { type Remark, shortList } from './remarks.ts';

/** Provisional ids by label, from 4 on, as those of types are. */
export interface LabelTable extends Types {
  /** Id of a label (see `cleanName`), a new one if need be, first seen where `place` is now. */
  intern(label: Uint8Array): number;
  /** How often a label was not written as it is kept. */
  cleaned(): number;
  text(id: number): string;
  /** Where a label came first. */
  place(id: number): LinePlace;
}

export function createLabelTable(place: LinePlace): LabelTable {
  const table = createWordTable();
  const places: LinePlace[] = [];
  let cleaned = 0;
  return {
    size: table.size,
    cleaned: () => cleaned,
    intern(written) {
      const label = cleanBytes(written);
      if (label !== written) cleaned++;
      const id = table.intern(label, label.length);
      if (id - SPECIAL_TOKENS.length === places.length) places.push({ ...place });
      return id;
    },
    text: (id) => Buffer.from(table.bytes(id)).toString(),
    place: (id) => places[id - SPECIAL_TOKENS.length],
  };
}

/**
 * Labels by falling count in the training part, those of equal count by code point; without those that do not occur there.
 *
 * @throws InputError if there is but one; `name` is "label" or "tag".
 */
export function orderLabels(table: LabelTable, counts: ArrayLike<number>, name: string): string[] {
  const ids: number[] = [];
  for (let id = SPECIAL_TOKENS.length; id < table.size(); id++) {
    if (counts[id] > 0) ids.push(id);
  }
  const labels = new Map(ids.map((id) => [id, table.text(id)]));
  if (ids.length === 1) {
    throw new InputError(
      `All examples in ${table.place(ids[0]).file} have the ${name} ${labels.get(ids[0])}; give examples of two or more.`,
    );
  }
  ids.sort((a, b) => counts[b] - counts[a] || Buffer.compare(Buffer.from(labels.get(a)!), Buffer.from(labels.get(b)!)));
  return ids.map((id) => labels.get(id)!);
}

export interface LabelMap {
  /** From provisional ids to places in the known labels; as 32-bit integers, -1 - i for the label i of `unseen`. */
  ids: Uint32Array;
  /** Labels that are not known. */
  unseen: string[];
  /** Provisional ids of these. */
  unseenIds: number[];
}

/**
 * Finds the labels of a table among the known ones; `name` is "label" or "tag".
 *
 * @throws InputError naming the first place of a label that is not among them, if `strict`, or if none is.
 */
export function mapLabels(
  table: LabelTable,
  labels: readonly string[],
  { name, strict }: { name: string; strict: boolean },
): LabelMap {
  // Older programs kept labels as they were written.
  const index = new Map([...labels].reverse().map((label, i) => [cleanName(label), labels.length - 1 - i]));
  const ids = new Uint32Array(table.size());
  const unseenIds: number[] = [];
  for (let id = SPECIAL_TOKENS.length; id < ids.length; id++) {
    const known = index.get(table.text(id));
    ids[id] = known ?? -1 - unseenIds.length;
    if (known === undefined) unseenIds.push(id);
  }
  const [first] = unseenIds;
  if (first !== undefined && (strict || unseenIds.length === ids.length - SPECIAL_TOKENS.length)) {
    const which = labels.length === 0 ? 'none' : labels.slice(0, 10).join(', ') + (labels.length > 10 ? ', …' : '');
    throw lineError(
      table.place(first),
      `has the ${name} ${table.text(first)}, which training did not see: it saw ${which}`,
    );
  }
  return { ids, unseen: unseenIds.map(table.text), unseenIds };
}

/** What there is to say of labels that are not known, on so many texts or tokens. */
export function unseenRemarks(unseen: readonly string[], count: number, name: string): Remark[] {
  if (count === 0) return [];
  const text = `training did not see ${count === 1 ? `the ${name}` : `${name}s that occur ${count} times`}: ${shortList(unseen)}; what has one counts as an error.`;
  return [{ about: 'labels', text, warning: true, count }];
}

/** What there is to say of labels, or of what `name` calls them. */
export function labelRemarks(table: LabelTable, name: string): Remark[] {
  const count = table.cleaned();
  if (count === 0) return [];
  const text = `${name}s are kept without white space around them and in Unicode's NFC: ${count} ${count === 1 ? 'was' : 'were'} written otherwise.`;
  return [{ about: 'labels', text, warning: false, count }];
}

/** What is likely to be wrong with labels, or tags, that occur `counts[id]` times; `name` is what one of them is called. */
export function labelMistakes(table: LabelTable, counts: ArrayLike<number>, name: string): Remark[] {
  let total = 0;
  let labels = 0;
  let header: number | undefined;
  for (let id = SPECIAL_TOKENS.length; id < table.size(); id++) {
    total += counts[id];
    if (counts[id] > 0) labels++;
    if (counts[id] === 1 && table.place(id).line === 1) header ??= id;
  }
  if (total < ENOUGH) return [];
  if (labels > total / 2) {
    const text = `${labels} different ${name}s on ${total}: nearly each has a ${name} of its own.`;
    return [{ about: 'mistake', text, warning: true, count: labels }];
  }
  if (header === undefined) return [];
  const text = `${placeName(table.place(header))}, may be a header row: its ${name} ${table.text(header)} occurs nowhere else; name the columns if it is, as in ${option('columns', `${name}=${table.text(header)}`)}.`;
  return [{ about: 'mistake', text, warning: true, count: 1 }];
}

/** A scanner whose ids are those of its types and of labels, as both come. */
export interface LabelledScanner extends Scanner {
  /** Provisional id of a label's token. */
  label(name: Uint8Array): number;
  /** Different labels so far. */
  labelCount(): number;
  /** As `orderLabels` of the labels, where tokens occur `counts[id]` times in the training part. */
  orderLabels(counts: ArrayLike<number>): string[];
  remarks(): Remark[];
  /**
   * Puts the ids of the labels' tokens, which are the last of the vocabulary, into a table from provisional ids, `<unk>` for those that are
   * not known; returns what there is to say of these, where tokens occur `counts[id]` times.
   */
  mapLabels(tokenizer: Tokenizer, table: Uint32Array, counts: ArrayLike<number>, strict: boolean): Remark[];
}

export function withLabels(scanner: Scanner, place: LinePlace): LabelledScanner {
  const labels = createLabelTable(place);
  // Ours by the scanner's and by those of `labels`; and by ours, the scanner's, or -1 - that of a label.
  const typeIds: number[] = [];
  const labelIds: number[] = [];
  const origins: number[] = [];
  const translate = (ids: Int32Array, count: number): number => {
    for (let id = typeIds.length; id < scanner.size(); id++) typeIds.push(origins.push(id) - 1);
    for (let i = 0; i < count; i++) ids[i] = typeIds[ids[i]];
    return count;
  };
  translate(new Int32Array(0), 0);
  const { spaced } = scanner;
  return {
    label(name) {
      const id = labels.intern(name);
      labelIds[id] ??= origins.push(-1 - id) - 1;
      return labelIds[id];
    },
    labelCount: () => labels.size() - SPECIAL_TOKENS.length,
    orderLabels: (counts) =>
      orderLabels(
        labels,
        labelIds.map((id) => counts[id]),
        'label',
      ),
    remarks: () => labelRemarks(labels, 'label'),
    mapLabels({ vocabulary, labels: known }, table, counts, strict) {
      const first = vocabulary.length - known.length;
      const { ids, unseen, unseenIds } = mapLabels(labels, known, { name: 'label', strict });
      labelIds.forEach((id, label) => {
        table[id] = unseenIds.includes(label) ? UNK : first + ids[label];
      });
      const own = labelIds.map((id) => counts[id]);
      const count = unseenIds.reduce((sum, label) => sum + own[label], 0);
      return [...unseenRemarks(unseen, count, 'label'), ...labelMistakes(labels, own, 'label')];
    },
    scan: (bytes, out) => translate(out, scanner.scan(bytes, out)),
    finish: (out) => translate(out, scanner.finish(out)),
    size: () => origins.length,
    text: (id) => (origins[id] < 0 ? labelToken(labels.text(-1 - origins[id])) : scanner.text(origins[id])),
    blank: (id) => origins[id] >= 0 && scanner.blank(origins[id]),
    characters: (id) => (origins[id] < 0 ? 0 : scanner.characters(origins[id])),
    idsPerByte: scanner.idsPerByte ?? 1,
    ...(spaced ? { spaced: (id: number) => origins[id] >= 0 && spaced(origins[id]) } : {}),
  };
}
