/** How the files of a run are read, which they are, and whether they are the same when it goes on. */

import { createHash, type Hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { InputError } from '../../errors.ts';
import type { CompleteOptions } from '../../options/index.ts';
import { belongsToRun, type CorpusFile } from '../../run/index.ts';
import {
  type NewTokenizer,
  type Remark,
  readText,
  STDIN,
  shortList,
  type TextStatistics,
  type TokenizerName,
} from '../../text/index.ts';

/** What readers of texts and of examples take alike. */
export function readerOptions({ lossy, strict, columns, fileFormat, valSplit, valid, seed }: CompleteOptions) {
  const table = { columns: columns ?? undefined, fileFormat: fileFormat ?? undefined };
  return {
    ...table,
    lossy,
    strict,
    valSplit,
    seed,
    isOwn: belongsToRun,
    ...(valid === null ? {} : { valid: [valid] }),
  };
}

/** A tokenizer of `kind` that is to be made from the training part. */
export function newTokenizer(options: CompleteOptions, kind: TokenizerName): NewTokenizer {
  const { pretokenized, lowercase, normalizeNewlines, unicode, minCount, vocabSize } = options;
  const limits = vocabSize === null ? { minCount } : { minCount, vocabSize };
  const form = unicode === 'none' ? {} : { unicode };
  return { kind, pretokenized, lowercase, normalizeNewlines, ...form, ...limits };
}

/** A path that means the same file from any folder. */
export function absolutePath(name: string): string {
  return name === STDIN ? name : resolve(name);
}

/** Share of the tokens that the vocabulary lacks. */
export function unknownShare(parts: readonly TextStatistics[]): number {
  const sum = (name: 'unknown' | 'tokens'): number => parts.reduce((total, part) => total + part[name], 0);
  return sum('tokens') === 0 ? 0 : sum('unknown') / sum('tokens');
}

/** Takes the sums of files while they are read, as they may change before or after. */
export function recordFiles(): {
  onText(name: string, bytes: Uint8Array): void;
  recorded(name: string): CorpusFile;
} {
  const sums = new Map<string, { hash: Hash; bytes: number }>();
  return {
    onText(name, bytes) {
      const sum = sums.get(name) ?? { hash: createHash('sha256'), bytes: 0 };
      sums.set(name, sum);
      sum.hash.update(bytes);
      sum.bytes += bytes.length;
    },
    recorded(name) {
      const { hash, bytes } = sums.get(name)!;
      return { path: absolutePath(name), bytes, sha256: hash.copy().digest('hex') };
    },
  };
}

/** What there is to say of files with the same text: one that is validated on tells nothing, what one holds out another trains on. */
export function sameTextRemarks(files: readonly CorpusFile[]): Remark[] {
  const first = new Map<string, string>();
  const again: string[] = [];
  for (const { path, sha256 } of files) {
    const other = first.get(sha256!);
    if (other === undefined) first.set(sha256!, path);
    else if (other !== path) again.push(`${path} and ${other}`);
  }
  if (again.length === 0) return [];
  const text = `the same text comes twice, so that what is validated on is trained on too: ${shortList(again)}.`;
  return [{ about: 'mistake', text, warning: true, count: again.length }];
}

/**
 * For a run whose text could not be read again: throws an InputError if that is because it is another one. `paths` are the files
 * recorded, or those named in their place.
 */
export async function refuseOtherText(
  recorded: readonly CorpusFile[],
  paths: readonly string[],
  lossy: boolean,
): Promise<void> {
  for (const [i, { sha256 }] of recorded.entries()) {
    if (sha256 === null || !statSync(paths[i] ?? '', { throwIfNoEntry: false })?.isFile()) continue;
    const hash = createHash('sha256');
    for await (const bytes of readText(paths[i], lossy)) hash.update(bytes);
    if (hash.digest('hex') !== sha256) throw otherText(paths[i]);
  }
}

function otherText(path: string): InputError {
  return new InputError(`${path} is not the text that the run began with: put that back, or start a new run.`);
}

/** Throws an InputError unless `found` are the files that a run recorded, wherever they are now. */
export function checkSameFiles(recorded: readonly CorpusFile[], found: readonly CorpusFile[]): void {
  recorded.forEach(({ path, sha256 }, i) => {
    if (sha256 === null) throw new InputError(`${path} was a pipe, so that the run can't go on: train on a file.`);
    if (found[i]?.sha256 !== sha256) throw otherText(found[i]?.path ?? path);
  });
  if (found.length > recorded.length) {
    throw new InputError(`The run began with ${recorded.length} files, not ${found.length}: give the same ones.`);
  }
}
