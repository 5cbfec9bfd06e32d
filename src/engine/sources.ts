/**
 * Which sources this code was built from. Workers run the compiled program even where the main thread runs src/ itself, and a
 * build may come between the start of a program and that of a worker; two layouts in one memory would give wrong numbers.
 */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Written into dist/ by the build. */
export const STAMP_FILE = 'sources.sha256';

/** SHA-256 of all sources below a folder, by path and content. */
export function digestOf(folder: URL): string {
  const hash = createHash('sha256');
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  for (const name of names
    .filter((one) => /\.(ts|c|h)$/.test(one))
    .map((one) => one.replaceAll('\\', '/'))
    .sort()) {
    hash.update(`${name}\0`).update(readFileSync(new URL(name, folder)));
  }
  return hash.digest('hex');
}

let known: string | undefined;

/** The digest of the sources of the program that this file belongs to, as they were when it was first asked for. */
export function sourcesDigest(): string {
  if (known === undefined) {
    const root = new URL('../', import.meta.url);
    const stamp = new URL(STAMP_FILE, root);
    known = existsSync(stamp) ? readFileSync(stamp, 'utf8').trim() : digestOf(root);
  }
  return known;
}

/** Throws an Error in a worker whose sources are not those of the thread that started it. */
export function demandSameSources(digest: string): void {
  if (digest === sourcesDigest()) return;
  throw new Error(
    'it was built from other sources than the program that started it: run npm run build, then start again',
  );
}
