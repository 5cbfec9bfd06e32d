/** Where the compiled workers are, as Node 20 runs no TypeScript in one. */

/** A worker of dist/engine: from src/engine, dist/engine and the command's bundle alike, which lie two folders below the root. */
export function workerFile(name: string): URL {
  return new URL(`../../dist/engine/${name}`, import.meta.url);
}
