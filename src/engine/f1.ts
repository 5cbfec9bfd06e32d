/** F1: how well classes are told, where some are rarer than others. */

/** Harmonic mean of precision and recall, by the number of right answers, of answers, and of what there was to be found. */
export function f1(hits: number, found: number, wanted: number): number {
  return found + wanted === 0 ? 0 : (2 * hits) / (found + wanted);
}

/** Mean F1 over the classes that occur in `right` or in `given`, ids of one length that there is at least one of. */
export function macroF1(right: ArrayLike<number>, given: ArrayLike<number>): number {
  const counts = new Map<number, { hits: number; found: number; wanted: number }>();
  const of = (id: number) => {
    if (!counts.has(id)) counts.set(id, { hits: 0, found: 0, wanted: 0 });
    return counts.get(id)!;
  };
  for (let i = 0; i < right.length; i++) {
    of(right[i]).wanted++;
    of(given[i]).found++;
    if (right[i] === given[i]) of(right[i]).hits++;
  }
  const byId = [...counts].sort(([a], [b]) => a - b);
  return byId.reduce((sum, [, { hits, found, wanted }]) => sum + f1(hits, found, wanted), 0) / counts.size;
}
