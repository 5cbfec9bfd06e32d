/**
 * The k largest of many scores in one pass, without sorting them all: a heap of k entries with the worst of them at its root.
 * Of equal scores the lower id is the better one, so that every ranking is deterministic.
 */

export interface Top {
  /** Ids of the last `take`, best first. */
  readonly ids: Uint32Array;
  /** Considers an entry. Ids come in rising order; a score of -Infinity or NaN is never kept. */
  offer(score: number, id: number): void;
  /** Ranks what was kept into `ids`, returns how many entries that is, and starts anew. */
  take(): number;
}

/** `capacity` is k, at least 1. */
export function createTop(capacity: number): Top {
  const ids = new Uint32Array(capacity);
  const scores = new Float64Array(capacity);
  let count = 0;
  /** A new entry has to exceed this: the worst score kept, once there are k. */
  let floor = Number.NEGATIVE_INFINITY;

  const worse = (a: number, b: number): boolean =>
    scores[a] < scores[b] || (scores[a] === scores[b] && ids[a] > ids[b]);

  const swap = (a: number, b: number): void => {
    const id = ids[a];
    const score = scores[a];
    ids[a] = ids[b];
    scores[a] = scores[b];
    ids[b] = id;
    scores[b] = score;
  };

  const sink = (from: number, end: number): void => {
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= end) return;
      if (child + 1 < end && worse(child + 1, child)) child++;
      if (!worse(child, at)) return;
      swap(at, child);
      at = child;
    }
  };

  const rise = (from: number): void => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!worse(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  };

  return {
    ids,
    offer(score, id) {
      if (!(score > floor)) return;
      const at = count < capacity ? count++ : 0;
      ids[at] = id;
      scores[at] = score;
      if (at > 0) rise(at);
      else sink(0, count);
      if (count === capacity) floor = scores[0];
    },
    take() {
      const taken = count;
      for (let end = taken - 1; end > 0; end--) {
        swap(0, end);
        sink(0, end);
      }
      count = 0;
      floor = Number.NEGATIVE_INFINITY;
      return taken;
    },
  };
}
