/** What is compared to the bit of a run's files. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * SHA-256 of the tensors of a safetensors file in the order of their bytes: names, dtypes, shapes and data, without the file's
 * own description, which may come to hold more.
 */
export function tensorsHash(path: string): string {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<string, Entry>;
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  entries.sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]);
  const hash = createHash('sha256');
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    hash.update(JSON.stringify([name, dtype, shape]));
    hash.update(bytes.subarray(start + data_offsets[0], start + data_offsets[1]));
  }
  return hash.digest('hex');
}

/** SHA-256 of a value as JSON, which writes numbers in full. */
export function valueHash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

/** SHA-256 of the files of a run that hold vocabularies and labels, one after the other. */
export function vocabulariesHash(run: string): string {
  const hash = createHash('sha256');
  for (const file of ['tokenizer.json', 'target-tokenizer.json', 'labels.json']) {
    const path = join(run, file);
    if (existsSync(path)) hash.update(file).update(readFileSync(path));
  }
  return hash.digest('hex');
}
