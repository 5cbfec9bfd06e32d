/**
 * A linear chain over the tags of one sequence (conditional random field, Lafferty, McCallum and Pereira 2001): the score of
 * tags y is start(y1) + the emissions of all y + the transitions from each to the next + end(yn), and their probability
 * the exponential of that over its sum over all sequences of tags, the partition.
 *
 * Emissions are rows of a panel matrix, `stride` rows from one position to the next; targets are Int32, as far apart. All
 * sums are double precision and in logarithms. For one exponential a tag and position, instead of one a pair of tags,
 * logarithms are taken relative to the largest; where a sum loses all it has to underflow, it is taken once more pair by pair.
 *
 * A chain's scores lie in a table of doubles: the largest transition, then start (tags), end (tags), transitions (tags,
 * tags) by row the tag before, and exp(transition - the largest) of each.
 */

import { exp, log } from './double';
import { columnIn, PANEL, panelOf, rowBytes } from './panel';

/** Score of what is impossible: a sequence of any length with one such has a lower score than all that have none. */
const IMPOSSIBLE: f64 = -1e300;
/** Least sum of relative exponentials that has lost nothing that counts, and its logarithm or a bit more. */
const LEAST: f64 = 1e-250;
const LEAST_LOG: f64 = -570;

// @ts-ignore: decorator
@inline
function doubles(count: i32): usize {
  return <usize>count << 3;
}

// @ts-ignore: decorator
@inline
function startsOf(chain: usize): usize {
  return chain + doubles(1);
}

// @ts-ignore: decorator
@inline
function endsOf(chain: usize, tags: i32): usize {
  return startsOf(chain) + doubles(tags);
}

// @ts-ignore: decorator
@inline
function transitionsOf(chain: usize, tags: i32): usize {
  return endsOf(chain, tags) + doubles(tags);
}

// @ts-ignore: decorator
@inline
function exponentialsOf(chain: usize, tags: i32): usize {
  return transitionsOf(chain, tags) + doubles(tags * tags);
}

/** Where the emission of a tag is in the row `row`. */
// @ts-ignore: decorator
@inline
function emissionAt(emissions: usize, emissionsStep: usize, row: i32, tag: i32): usize {
  return emissions + <usize>panelOf(tag) * emissionsStep + rowBytes(row) + (<usize>columnIn(tag) << 2);
}

function largestOf(values: usize, count: i32): f64 {
  let largest = load<f64>(values);
  for (let i = 1; i < count; i++) largest = max<f64>(largest, load<f64>(values + doubles(i)));
  return largest;
}

/** log of the sum of exp(alpha(i) + transition(i, j)) over i, pair by pair; `column` is where transition(0, j) is. */
function logSumOfColumn(alpha: usize, column: usize, tags: i32): f64 {
  let largest = -Infinity;
  for (let i = 0; i < tags; i++) {
    largest = max<f64>(largest, load<f64>(alpha + doubles(i)) + load<f64>(column + doubles(i * tags)));
  }
  let sum: f64 = 0;
  for (let i = 0; i < tags; i++) {
    sum += exp(load<f64>(alpha + doubles(i)) + load<f64>(column + doubles(i * tags)) - largest);
  }
  return largest + log(sum);
}

/**
 * Fills a chain's table from its parameters. `impossible`, Int32 (tags + 1, tags + 1), has a 1 where the tag of the column
 * can't follow that of the row; the last row stands for the start, the last column for the end. At NOWHERE all is possible.
 */
export function crfChain(
  chain: usize,
  start: usize,
  end: usize,
  transitions: usize,
  impossible: usize,
  tags: i32,
): void {
  const starts = startsOf(chain);
  const ends = endsOf(chain, tags);
  const scores = transitionsOf(chain, tags);
  for (let i = 0; i <= tags; i++) {
    for (let j = 0; j <= tags; j++) {
      if (i == tags && j == tags) continue;
      const to = i == tags ? starts + doubles(j) : j == tags ? ends + doubles(i) : scores + doubles(i * tags + j);
      const from = i == tags ? start + (j << 2) : j == tags ? end + (i << 2) : transitions + ((i * tags + j) << 2);
      const allowed = impossible == 0 || load<i32>(impossible + ((i * (tags + 1) + j) << 2)) == 0;
      store<f64>(to, allowed ? <f64>load<f32>(from) : IMPOSSIBLE);
    }
  }
  const largest = largestOf(scores, tags * tags);
  store<f64>(chain, largest);
  const exponentials = exponentialsOf(chain, tags);
  for (let k = 0; k < tags * tags; k++) {
    store<f64>(exponentials + doubles(k), exp(load<f64>(scores + doubles(k)) - largest));
  }
}

/** The score of the targets. */
export function crfScore(
  emissions: usize,
  emissionsStep: usize,
  stride: i32,
  steps: i32,
  tags: i32,
  chain: usize,
  targets: usize,
): f64 {
  const transitions = transitionsOf(chain, tags);
  let score: f64 = 0;
  let before = -1;
  for (let t = 0; t < steps; t++) {
    const tag = load<i32>(targets + (<usize>(t * stride) << 2));
    score += load<f64>(t == 0 ? startsOf(chain) + doubles(tag) : transitions + doubles(before * tags + tag));
    score += load<f32>(emissionAt(emissions, emissionsStep, t * stride, tag));
    before = tag;
  }
  return score + load<f64>(endsOf(chain, tags) + doubles(before));
}

/**
 * The logarithm of the partition. `scratch`, doubles (steps + 5, tags), is left for `crfBackward`: at (t, j) the logarithm of
 * the sum over all tags before position t, of tag j there without its emission.
 */
export function crfForward(
  emissions: usize,
  emissionsStep: usize,
  stride: i32,
  steps: i32,
  tags: i32,
  chain: usize,
  scratch: usize,
): f64 {
  const width = doubles(tags);
  const alpha = scratch + doubles(steps * tags);
  const relative = alpha + width;
  const transitions = transitionsOf(chain, tags);
  const exponentials = exponentialsOf(chain, tags);
  const ends = endsOf(chain, tags);
  for (let t = 0; t < steps; t++) {
    const sums = scratch + doubles(t * tags);
    if (t == 0) {
      for (let at: usize = 0; at < width; at += 8) store<f64>(sums + at, load<f64>(startsOf(chain) + at));
    } else {
      const largest = largestOf(alpha, tags);
      const shift = largest + load<f64>(chain);
      for (let at: usize = 0; at < width; at += 8) {
        store<f64>(relative + at, exp(load<f64>(alpha + at) - largest));
        store<f64>(sums + at, 0);
      }
      for (let i = 0; i < tags; i++) {
        const p = load<f64>(relative + doubles(i));
        const row = exponentials + doubles(i * tags);
        for (let at: usize = 0; at < width; at += 8) {
          store<f64>(sums + at, load<f64>(sums + at) + p * load<f64>(row + at));
        }
      }
      for (let at: usize = 0; at < width; at += 8) {
        const sum = load<f64>(sums + at);
        store<f64>(sums + at, sum > LEAST ? shift + log(sum) : logSumOfColumn(alpha, transitions + at, tags));
      }
    }
    for (let j = 0; j < tags; j++) {
      const emission = load<f32>(emissionAt(emissions, emissionsStep, t * stride, j));
      store<f64>(alpha + doubles(j), load<f64>(sums + doubles(j)) + emission);
    }
  }
  for (let at: usize = 0; at < width; at += 8) store<f64>(alpha + at, load<f64>(alpha + at) + load<f64>(ends + at));
  const largest = largestOf(alpha, tags);
  let sum: f64 = 0;
  for (let at: usize = 0; at < width; at += 8) sum += exp(load<f64>(alpha + at) - largest);
  return largest + log(sum);
}

/**
 * Replaces emissions by the probability of each tag at each position times `scale`, from what `crfForward` left in `scratch`
 * and returned; and adds to `counts`, doubles like the table's start, end and transitions, how often each is expected. With
 * `targets`, what they have is taken off both, which makes them gradients of the negative logarithm of the targets'
 * probability. Columns behind the tags become 0. `counts` and `targets` may be NOWHERE.
 *
 * From the last position back, the probability of tag i before tag j is that of j times exp(alpha(i) + transition(i, j) - what
 * `scratch` has of j): shares of one, that can't overflow.
 */
export function crfBackward(
  emissions: usize,
  emissionsStep: usize,
  stride: i32,
  steps: i32,
  tags: i32,
  chain: usize,
  scratch: usize,
  partition: f64,
  targets: usize,
  scale: f64,
  counts: usize,
): void {
  const width = doubles(tags);
  const alpha = scratch + doubles(steps * tags);
  const relative = alpha + width;
  let here = relative + width;
  let before = here + width;
  const factors = before + width;
  const transitions = transitionsOf(chain, tags);
  const exponentials = exponentialsOf(chain, tags);
  const padded = (panelOf(tags - 1) + 1) * PANEL;
  let next = -1;
  // `crfForward` left alpha of the last position, the end's scores included.
  for (let at: usize = 0; at < width; at += 8) {
    const probability = exp(load<f64>(alpha + at) - partition);
    store<f64>(here + at, probability);
    if (counts != 0) addTo(counts + width + at, probability);
  }
  for (let t = steps - 1; t >= 0; t--) {
    const target = targets == 0 ? -1 : load<i32>(targets + (<usize>(t * stride) << 2));
    for (let j = 0; j < padded; j++) {
      const probability = j < tags ? load<f64>(here + doubles(j)) - <f64>(j == target) : 0;
      store<f32>(emissionAt(emissions, emissionsStep, t * stride, j), <f32>(scale * probability));
    }
    if (counts != 0 && target >= 0) {
      if (next < 0) addTo(counts + width + doubles(target), -1);
      else addTo(counts + 2 * width + doubles(target * tags + next), -1);
      if (t == 0) addTo(counts + doubles(target), -1);
    }
    next = target;
    if (t == 0) break;

    const sums = scratch + doubles(t * tags);
    for (let i = 0; i < tags; i++) {
      const emission = load<f32>(emissionAt(emissions, emissionsStep, (t - 1) * stride, i));
      store<f64>(alpha + doubles(i), load<f64>(scratch + doubles((t - 1) * tags + i)) + emission);
    }
    const largest = largestOf(alpha, tags);
    const shift = largest + load<f64>(chain);
    for (let at: usize = 0; at < width; at += 8) {
      store<f64>(relative + at, exp(load<f64>(alpha + at) - largest));
      const down = shift - load<f64>(sums + at);
      store<f64>(factors + at, down < -LEAST_LOG ? load<f64>(here + at) * exp(down) : 0);
    }
    for (let i = 0; i < tags; i++) {
      const p = load<f64>(relative + doubles(i));
      const row = exponentials + doubles(i * tags);
      const count = counts + 2 * width + doubles(i * tags);
      let sum: f64 = 0;
      for (let at: usize = 0; at < width; at += 8) {
        const pair = p * load<f64>(row + at) * load<f64>(factors + at);
        sum += pair;
        if (counts != 0) addTo(count + at, pair);
      }
      store<f64>(before + doubles(i), sum);
    }
    for (let j = 0; j < tags; j++) {
      const sum = load<f64>(sums + doubles(j));
      const probability = load<f64>(here + doubles(j));
      if (shift - sum < -LEAST_LOG || probability == 0) continue;
      for (let i = 0; i < tags; i++) {
        const score = load<f64>(alpha + doubles(i)) + load<f64>(transitions + doubles(i * tags + j));
        const pair = probability * exp(score - sum);
        addTo(before + doubles(i), pair);
        if (counts != 0) addTo(counts + 2 * width + doubles(i * tags + j), pair);
      }
    }
    const swapped = here;
    here = before;
    before = swapped;
  }
  if (counts == 0) return;
  for (let at: usize = 0; at < width; at += 8) addTo(counts + at, load<f64>(here + at));
}

// @ts-ignore: decorator
@inline
function addTo(at: usize, value: f64): void {
  store<f64>(at, load<f64>(at) + value);
}

/**
 * The tags of the highest score (Viterbi 1967) into `path`, Int32 (steps); of equal ones those of the lower number, from the
 * last on. `scratch` is as large as `crfForward`'s.
 */
export function crfViterbi(
  emissions: usize,
  emissionsStep: usize,
  stride: i32,
  steps: i32,
  tags: i32,
  chain: usize,
  scratch: usize,
  path: usize,
): void {
  const width = doubles(tags);
  let best = scratch;
  let next = scratch + width;
  const pointers = next + width;
  const transitions = transitionsOf(chain, tags);
  const ends = endsOf(chain, tags);
  for (let t = 0; t < steps; t++) {
    const from = pointers + (<usize>(t * tags) << 2);
    for (let j = 0; j < tags; j++) {
      store<f64>(next + doubles(j), t == 0 ? load<f64>(startsOf(chain) + doubles(j)) : -Infinity);
      store<i32>(from + (<usize>j << 2), 0);
    }
    for (let i = 0; t > 0 && i < tags; i++) {
      const score = load<f64>(best + doubles(i));
      const row = transitions + doubles(i * tags);
      for (let j = 0; j < tags; j++) {
        const whole = score + load<f64>(row + doubles(j));
        if (whole > load<f64>(next + doubles(j))) {
          store<f64>(next + doubles(j), whole);
          store<i32>(from + (<usize>j << 2), i);
        }
      }
    }
    for (let j = 0; j < tags; j++) {
      addTo(next + doubles(j), load<f32>(emissionAt(emissions, emissionsStep, t * stride, j)));
    }
    const swapped = best;
    best = next;
    next = swapped;
  }
  let tag = 0;
  let highest = -Infinity;
  for (let j = 0; j < tags; j++) {
    const score = load<f64>(best + doubles(j)) + load<f64>(ends + doubles(j));
    if (score > highest) {
      highest = score;
      tag = j;
    }
  }
  for (let t = steps - 1; t >= 0; t--) {
    store<i32>(path + (<usize>t << 2), tag);
    tag = load<i32>(pointers + (<usize>(t * tags + tag) << 2));
  }
}

/** to = scale * the sum of `groups` rows of n doubles, `distance` doubles apart, in order. */
export function crfGradient(to: usize, counts: usize, groups: i32, distance: i32, n: i32, scale: f64): void {
  for (let k = 0; k < n; k++) {
    let sum: f64 = 0;
    for (let group = 0; group < groups; group++) sum += load<f64>(counts + doubles(group * distance + k));
    store<f32>(to + (<usize>k << 2), <f32>(scale * sum));
  }
}
