/** Files that come with the program. */

/** One of them, by its path from the root: from src/train, dist/train and the command's bundle alike, two folders below that. */
export function packaged(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}
