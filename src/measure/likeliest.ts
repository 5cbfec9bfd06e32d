/** The greatest of some values: what a model takes for right. */

/** The id of the largest of `count` values from `from` on, the first of equal ones. */
export function likeliest(values: Float32Array, from: number, count: number): number {
  let best = 0;
  for (let id = 1; id < count; id++) if (values[from + id] > values[from + best]) best = id;
  return best;
}
