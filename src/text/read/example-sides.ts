/** The two sides of examples: tokens of one example after the other, split and mapped to ids when all are read. */

import { fitTokenizer, type NewTokenizer, type Scanner, SPECIAL_TOKENS, type Tokenizer } from '../tokens/index.ts';
import type { Documents } from '../types.ts';
import {
  countRanges,
  createTypeCounter,
  statistics,
  subtractCounts,
  type TextStatistics,
  type TypeCounts,
  type Types,
} from './count.ts';
import { type LabelTable, labelMistakes, labelRemarks, mapLabels, orderLabels, unseenRemarks } from './labels.ts';
import type { Remark } from './remarks.ts';
import { createLengths, keepLabels, splitDocuments } from './split.ts';
import { createTokenStore } from './token-store.ts';

export interface ExampleSide<T extends Types> {
  types: T;
  /** Examples ended so far. */
  size(): number;
  /** Tokens of the open example. */
  open(): number;
  /** Adds a token to the open example. */
  push(id: number): void;
  /** Takes tokens off the end of the open example until it has no more than `length`. */
  truncate(length: number): void;
  /** Ends the open example. */
  end(): void;
  /** Takes examples out of a choice for validation, so that the others have every type that there is. */
  keepTypes(chosen: Uint8Array): void;
  /** Parts the examples; the training part are those that are not `chosen`. */
  split(chosen: Uint8Array | undefined): SplitSide;
  /** From now on, tokens are read as `table[id]`. */
  map(table: Uint32Array): void;
  close(): void;
}

/** What a side has in each part. */
interface SplitSide {
  train: { documents: Documents; counts: TypeCounts };
  valid: { documents: Documents; counts: TypeCounts } | undefined;
}

export function createSide<T extends Types>(types: T): ExampleSide<T> {
  const store = createTokenStore();
  // Without the spaces between words, as examples do not follow each other the way a text does.
  const unspaced = { size: types.size };
  const counter = createTypeCounter(unspaced);
  const lengths = createLengths();
  let ids = new Int32Array(1 << 10);
  let count = 0;
  return {
    types,
    size: () => lengths.all().length,
    open: () => count,
    push(id) {
      if (count === ids.length) {
        const longer = new Int32Array(ids.length * 2);
        longer.set(ids);
        ids = longer;
      }
      ids[count++] = id;
    },
    truncate(length) {
      count = Math.min(count, length);
    },
    end() {
      counter.add(ids, count);
      store.append(ids, count, types.size());
      lengths.push(count);
      count = 0;
    },
    keepTypes: (chosen) => keepLabels(chosen, store, lengths.all(), types.size() - SPECIAL_TOKENS.length),
    split(chosen) {
      const { train, valid } = splitDocuments(store, lengths.all(), chosen, 'example');
      const counts = countRanges(store, unspaced, valid?.ranges ?? []);
      return {
        train: { documents: train.data.documents, counts: subtractCounts(counter.counts(), counts) },
        valid: valid && { documents: valid.data.documents, counts },
      };
    },
    map: store.map,
    close: store.close,
  };
}

/** A side by part. */
export interface FittedSide {
  train: Documents;
  valid: Documents | undefined;
}

/** Maps texts to the ids of a tokenizer, which is made from the training part if it is new. */
export function fitTexts(
  side: ExampleSide<Scanner>,
  chosen: Uint8Array | undefined,
  choice: NewTokenizer | Tokenizer,
): FittedSide & { tokenizer: Tokenizer; statistics: Record<'train' | 'valid', TextStatistics | undefined> } {
  const { train, valid } = side.split(chosen);
  const { tokenizer, table } = fitTokenizer(side.types, train.counts.byType, choice);
  side.map(table);
  return {
    tokenizer,
    train: train.documents,
    valid: valid?.documents,
    statistics: {
      train: statistics(train.counts, side.types, table),
      valid: valid && statistics(valid.counts, side.types, table),
    },
  };
}

/** What is to be said about the examples: labels, or other texts. */
export interface ExampleOutputs {
  /** Takes examples out of a choice for validation that training can't do without. */
  keepNeeded(chosen: Uint8Array): void;
  remarks(): Remark[];
  /** Maps what was read to ids, which are those of the training part unless they are given. */
  fit(chosen: Uint8Array | undefined): FittedOutputs;
  close(): void;
}

export interface FittedOutputs extends FittedSide {
  /** By id; none if outputs are texts. */
  labels: string[];
  /** Labels that are not among these: an output of -1 - i is the label i of them. */
  unseen: string[];
  /** Of texts. */
  tokenizer: Tokenizer | undefined;
  statistics: Record<'train' | 'valid', TextStatistics | undefined> | undefined;
}

/**
 * Labels, which errors call by `name`. They are mapped to their places in `known`, by default those of the training part
 * in order, each of which keeps an example in that part; what is not among them is below 0.
 */
export function labelOutputs(
  side: ExampleSide<LabelTable>,
  { name, known, strict }: { name: string; known: readonly string[] | undefined; strict: boolean },
): ExampleOutputs {
  let told: Remark[] = [];
  return {
    keepNeeded: side.keepTypes,
    fit(chosen) {
      const { train, valid } = side.split(chosen);
      const labels = known ?? orderLabels(side.types, train.counts.byType, name);
      const { ids, unseen, unseenIds } = mapLabels(side.types, labels, { name, strict });
      side.map(ids);
      const counts = [train, valid].map((part) =>
        unseenIds.reduce((sum, id) => sum + (part?.counts.byType[id] ?? 0), 0),
      );
      told = unseenRemarks(unseen, counts[0] + counts[1], name);
      if (known === undefined) told.push(...labelMistakes(side.types, train.counts.byType, name));
      const documents = { train: train.documents, valid: valid?.documents };
      return { ...documents, labels: [...labels], unseen, tokenizer: undefined, statistics: undefined };
    },
    remarks: () => [...labelRemarks(side.types, name), ...told],
    close: side.close,
  };
}

export function textOutputs(side: ExampleSide<Scanner>, choice: NewTokenizer | Tokenizer): ExampleOutputs {
  return {
    keepNeeded() {},
    remarks: () => [],
    fit: (chosen) => ({ ...fitTexts(side, chosen, choice), labels: [], unseen: [] }),
    close: side.close,
  };
}
