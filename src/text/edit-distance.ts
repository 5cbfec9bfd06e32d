/** How far one sequence of tokens is from another. */

/**
 * The fewest insertions, deletions and substitutions of a token that make `b` of `a` (Levenshtein 1966), by Wagner and Fischer
 * 1974.
 */
export function editDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  // Distances from the tokens of `a` so far to each beginning of `b`.
  let row = Uint32Array.from({ length: b.length + 1 }, (_, j) => j);
  let next = new Uint32Array(b.length + 1);
  for (let i = 0; i < a.length; i++) {
    next[0] = i + 1;
    for (let j = 0; j < b.length; j++) {
      const substituted = row[j] + (a[i] === b[j] ? 0 : 1);
      next[j + 1] = Math.min(substituted, row[j + 1] + 1, next[j] + 1);
    }
    [row, next] = [next, row];
  }
  return row[b.length];
}
