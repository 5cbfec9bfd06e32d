/**
 * Rows of panel matrices combined element by element over time: sums for merged directions and mean pooling, maxima
 * for max pooling. All take `rows` rows of `panels` panels.
 */

import { rowBytes, VECTOR } from './panel';

/** to = from. */
export function copyPanels(to: usize, toStep: usize, from: usize, fromStep: usize, rows: i32, panels: i32): void {
  for (let panel = 0; panel < panels; panel++) {
    const target = to + <usize>panel * toStep;
    const source = from + <usize>panel * fromStep;
    const bytes = rowBytes(rows);
    for (let at: usize = 0; at < bytes; at += VECTOR) v128.store(target + at, v128.load(source + at));
  }
}

/** to += from. */
export function addPanels(to: usize, toStep: usize, from: usize, fromStep: usize, rows: i32, panels: i32): void {
  for (let panel = 0; panel < panels; panel++) {
    const target = to + <usize>panel * toStep;
    const source = from + <usize>panel * fromStep;
    const bytes = rowBytes(rows);
    for (let at: usize = 0; at < bytes; at += 32) {
      const sum0 = f32x4.add(v128.load(target + at, 0), v128.load(source + at, 0));
      const sum1 = f32x4.add(v128.load(target + at, 16), v128.load(source + at, 16));
      v128.store(target + at, sum0, 0);
      v128.store(target + at, sum1, 16);
    }
  }
}

/** Where `from` is larger: to = from, and `where` (32-bit integers, in the form of `to`) = time. */
export function maxPanels(
  to: usize,
  toStep: usize,
  where: usize,
  whereStep: usize,
  from: usize,
  fromStep: usize,
  time: i32,
  rows: i32,
  panels: i32,
): void {
  const now = i32x4.splat(time);
  for (let panel = 0; panel < panels; panel++) {
    const target = to + <usize>panel * toStep;
    const place = where + <usize>panel * whereStep;
    const source = from + <usize>panel * fromStep;
    const bytes = rowBytes(rows);
    for (let at: usize = 0; at < bytes; at += VECTOR) {
      const before = v128.load(target + at);
      const value = v128.load(source + at);
      const larger = f32x4.gt(value, before);
      v128.store(target + at, v128.bitselect(value, before, larger));
      v128.store(place + at, v128.bitselect(now, v128.load(place + at), larger));
    }
  }
}

/** to = from where `where` is `time`, 0 elsewhere: the gradient of a maximum. */
export function selectPanels(
  to: usize,
  toStep: usize,
  where: usize,
  whereStep: usize,
  from: usize,
  fromStep: usize,
  time: i32,
  rows: i32,
  panels: i32,
): void {
  const now = i32x4.splat(time);
  for (let panel = 0; panel < panels; panel++) {
    const target = to + <usize>panel * toStep;
    const place = where + <usize>panel * whereStep;
    const source = from + <usize>panel * fromStep;
    const bytes = rowBytes(rows);
    for (let at: usize = 0; at < bytes; at += VECTOR) {
      v128.store(target + at, v128.and(v128.load(source + at), i32x4.eq(v128.load(place + at), now)));
    }
  }
}
