/**
 * The kernels as the program calls them. Written by scripts/contract.ts from their sources in assembly/: change those,
 * then run `npx tsx scripts/contract.ts`.
 */

import type { Address, Panels } from './panels.ts';

/** The kernels of one variant on one memory. Addresses and steps are in bytes. */
export interface Kernels {
  /**
   * to = from + rest * (to - from) in double precision, rounded once: `rest` is the part of the average that stays. n
   * is a multiple of 4.
   */
  average(to: Address, from: Address, n: number, rest: number): void;

  /** Exchanges n floats at `a` and at `b`; n is a multiple of 8. */
  exchange(a: Address, b: Address, n: number): void;

  /**
   * Fills a chain's table from its parameters. `impossible`, Int32 (tags + 1, tags + 1), has a 1 where the tag of the column
   * can't follow that of the row; the last row stands for the start, the last column for the end. At NOWHERE all is possible.
   */
  crfChain(chain: Address, start: Address, end: Address, transitions: Address, impossible: Address, tags: number): void;

  /** The score of the targets. */
  crfScore(emissions: Panels, stride: number, steps: number, tags: number, chain: Address, targets: Address): number;

  /**
   * The logarithm of the partition. `scratch`, doubles (steps + 5, tags), is left for `crfBackward`: at (t, j) the logarithm of
   * the sum over all tags before position t, of tag j there without its emission.
   */
  crfForward(emissions: Panels, stride: number, steps: number, tags: number, chain: Address, scratch: Address): number;

  /**
   * Replaces emissions by the probability of each tag at each position times `scale`, from what `crfForward` left in `scratch`
   * and returned; and adds to `counts`, doubles like the table's start, end and transitions, how often each is expected. With
   * `targets`, what they have is taken off both, which makes them gradients of the negative logarithm of the targets'
   * probability. Columns behind the tags become 0. `counts` and `targets` may be NOWHERE.
   *
   * From the last position back, the probability of tag i before tag j is that of j times exp(alpha(i) + transition(i, j) - what
   * `scratch` has of j): shares of one, that can't overflow.
   */
  crfBackward(
    emissions: Panels,
    stride: number,
    steps: number,
    tags: number,
    chain: Address,
    scratch: Address,
    partition: number,
    targets: Address,
    scale: number,
    counts: Address,
  ): void;

  /**
   * The tags of the highest score (Viterbi 1967) into `path`, Int32 (steps); of equal ones those of the lower number, from the
   * last on. `scratch` is as large as `crfForward`'s.
   */
  crfViterbi(
    emissions: Panels,
    stride: number,
    steps: number,
    tags: number,
    chain: Address,
    scratch: Address,
    path: Address,
  ): void;

  /** to = scale * the sum of `groups` rows of n doubles, `distance` doubles apart, in order. */
  crfGradient(to: Address, counts: Address, groups: number, distance: number, n: number, scale: number): void;

  /**
   * to = from * mask / (1 - p), in place where both are the same; panel matrices (rows x panels). Row r is at
   * `position` + r of the chunk; `threshold` is p * 2^32. One call of Philox gives the four words of four columns: lane
   * l, word w is column 4w + l.
   */
  dropout(
    to: Panels,
    from: Panels,
    rows: number,
    firstPanel: number,
    panels: number,
    threshold: number,
    scale: number,
    seedLow: number,
    seedHigh: number,
    update: number,
    layer: number,
    position: number,
  ): void;

  /**
   * From z = (zr, zu, zx, zh): r = logistic(zr), u = logistic(zu), n = tanh(zx + r * zh), h = (1 - u) * n + u *
   * hPrevious. Leaves z = (r, u, n, zh).
   */
  gruAfterForward(z: Panels, hPrevious: Address, h: Address, rows: number): void;

  /**
   * Takes z = (r, u, n, zh) as `gruAfterForward` left it, leaves the gradients of the four sums there; adds to
   * `dhPrevious` what the update gate passes on.
   */
  gruAfterBackward(z: Panels, hPrevious: Address, dh: Address, dhPrevious: Address, rows: number): void;

  /**
   * First half of the form with the reset before the matrix: r = logistic(zr), u = logistic(zu), resetH = r *
   * hPrevious. From z = (zr, zu, .) to (r, u, .).
   */
  gruBeforeGates(z: Panels, hPrevious: Address, resetH: Address, rows: number): void;

  /**
   * Second half of the form with the reset before the matrix: n = tanh(zn), h = (1 - u) * n + u * hPrevious. From z =
   * (r, u, zn) to (r, u, n).
   */
  gruBeforeForward(z: Panels, hPrevious: Address, h: Address, rows: number): void;

  /**
   * Takes z = (., u, n), leaves the gradients of the two sums there; adds to `dhPrevious` what the update gate passes
   * on.
   */
  gruBeforeBackward(z: Panels, hPrevious: Address, dh: Address, dhPrevious: Address, rows: number): void;

  /**
   * The simplified GRU, without a reset gate: from z = (zu, zn) to (u, n), u = logistic(zu), n = tanh(zn), h = (1 - u)
   * * n + u * hPrevious. Backward is `gruBeforeBackward` from the panel before on, which it does not touch.
   */
  gruSimpleForward(z: Panels, hPrevious: Address, h: Address, rows: number): void;

  /**
   * Takes r in `z`, one panel, and the gradient of r * hPrevious, leaves that of r's sum in z; adds to `dhPrevious`
   * what the reset passes on.
   */
  gruBeforeResetBackward(z: Address, hPrevious: Address, dResetH: Address, dhPrevious: Address, rows: number): void;

  /**
   * to = gain * (from - mean) / sqrt(variance + 1e-5) + bias over a row's first `columns` columns, 0 behind them; the
   * variance is the population's. `mean` and `inverse`, (rows), get each row's mean and 1 / sqrt(variance + 1e-5).
   * `gain` and `bias` are padded rows, (16 * panels). `to` may be `from`.
   */
  layerNorm(
    to: Panels,
    from: Panels,
    gain: Address,
    bias: Address,
    mean: Address,
    inverse: Address,
    rows: number,
    columns: number,
  ): void;

  /**
   * The gradient of `from`. With x = (from - mean) * inverse, d = gain * dTo: dFrom = inverse * (d - mean(d) - x *
   * mean(d * x)), with means over the row's columns; 0 behind them. `dFrom` may be `dTo` or `from`.
   */
  layerNormBackward(
    dFrom: Panels,
    dTo: Panels,
    from: Panels,
    gain: Address,
    mean: Address,
    inverse: Address,
    rows: number,
    columns: number,
  ): void;

  /**
   * Row by row, dGain += dTo * x with x = (from - mean) * inverse, and dBias += dTo: over the time steps that it is called
   * for they become each row's sums. All four are panel matrices of `panels` panels.
   */
  layerNormGradient(
    dGain: Panels,
    dBias: Panels,
    dTo: Panels,
    from: Panels,
    mean: Address,
    inverse: Address,
    rows: number,
    panels: number,
  ): void;

  /**
   * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms"), with g multiplied by `scale` first:
   * u = sign(0.9 m + 0.1 g), p -= rate * (u + decay * p), m = 0.99 m + 0.01 g.
   */
  lion(p: Address, g: Address, m: Address, n: number, scale: number, rate: number, decay: number): void;

  /**
   * Takes the gates' sums in z = (zi, zf, zg, zo), leaves their values there:
   * i = logistic(zi), f = logistic(zf), g = tanh(zg), o = logistic(zo), c = f * cPrevious + i * g, h = o * tanh(c).
   */
  lstmForward(z: Panels, cPrevious: Address, c: Address, h: Address, rows: number): void;

  /**
   * Takes the gates' values in z, leaves the gradients of their sums there. `dh` is the gradient of h; `dc` that of c
   * coming from the next time step, replaced by the one for the time step before.
   */
  lstmBackward(z: Panels, cPrevious: Address, c: Address, dh: Address, dc: Address, rows: number): void;

  /**
   * The half before tanh: takes the gates' sums in z = (zi, zf, zg, zo), leaves their values there; c = f * cPrevious + i
   * * g.
   */
  lstmCellForward(z: Panels, cPrevious: Address, c: Address, rows: number): void;

  /** The half from there: h = o * tanh(c), for one panel of `o`. */
  lstmOutputForward(o: Address, c: Address, h: Address, rows: number): void;

  /** Takes o, one panel, and the gradient of h; leaves the gradient of o's sum there, and in `dc` that of tanh's argument. */
  lstmOutputBackward(o: Address, c: Address, dh: Address, dc: Address, rows: number): void;

  /**
   * Takes the values of i, f, g in z, leaves the gradients of their sums there. `dc` is the whole gradient of c, replaced
   * by what comes from it for the time step before.
   */
  lstmCellBackward(z: Panels, cPrevious: Address, dc: Address, rows: number): void;

  /** From z = (zu, zn) to (u, g): u = logistic(zu), g = g(zn), h = (1 - u) * hPrevious + u * g. */
  minGruForward(z: Panels, hPrevious: Address, h: Address, rows: number): void;

  /** Takes z = (u, g), leaves the gradients of the two sums there; adds dh * (1 - u) to `dhPrevious`. */
  minGruBackward(z: Panels, hPrevious: Address, dh: Address, dhPrevious: Address, rows: number): void;

  /** Panel matrix (rows x columns) = a row-major matrix. */
  packRows(to: Panels, from: Address, stride: number, rows: number, columns: number): void;

  /** A row-major matrix = panel matrix (rows x columns). */
  unpackRows(from: Panels, to: Address, stride: number, rows: number, columns: number): void;

  /** A row-major matrix += panel matrix (rows x columns). */
  addRows(from: Panels, to: Address, stride: number, rows: number, columns: number): void;

  /** Panel matrix (columns x rows) = a row-major matrix (rows x columns), transposed. */
  packTransposed(to: Panels, from: Address, stride: number, rows: number, columns: number): void;

  /** A row-major matrix (rows x columns) = panel matrix (columns x rows), transposed. */
  unpackTransposed(from: Panels, to: Address, stride: number, rows: number, columns: number): void;

  /** n floats of 0; n is a multiple of 4. */
  clear(to: Address, n: number): void;

  /** Rows of a panel matrix (rows x panels) = 0. */
  clearRows(to: Panels, rows: number, panels: number): void;

  /** Every row of a panel matrix (rows x panels) = `values` (16 * panels). */
  fillRows(to: Panels, values: Address, rows: number, panels: number): void;

  /** Every row of a panel matrix (rows x panels) += `values` (16 * panels). */
  addToRows(to: Panels, values: Address, rows: number, panels: number): void;

  /** Row r = row `index[r]` of `table`; both panel matrices of `panels` panels, the indices 32-bit integers. */
  gatherRows(to: Panels, table: Panels, index: Address, rows: number, panels: number): void;

  /** Row `index[r]` of `table` = row r; both panel matrices of `panels` panels. */
  placeRows(table: Panels, from: Panels, index: Address, rows: number, panels: number): void;

  /** Row `index[r]` of `table` += row r, in the order of the rows; both panel matrices of `panels` panels. */
  scatterRows(table: Panels, from: Panels, index: Address, rows: number, panels: number): void;

  /** Row r of a panel matrix = row `index[r]` of a row-major matrix: the embedding of a token. */
  gatherEmbedding(to: Panels, from: Address, columns: number, index: Address, rows: number): void;

  /**
   * Row `index[r]` of a row-major matrix += row r of a panel matrix, in the order of the rows, for the columns from
   * `first` to `last` - 1, `first` a multiple of 16.
   */
  scatterEmbedding(
    to: Address,
    columns: number,
    from: Panels,
    index: Address,
    rows: number,
    first: number,
    last: number,
  ): void;

  /** m = 0.95 m + scale * g, then to = scale * g + 0.95 m: Nesterov's momentum. `to` may be g. */
  nesterov(to: Address, g: Address, m: Address, n: number, scale: number): void;

  /** y = a * x + b * y. */
  axpby(y: Address, x: Address, n: number, a: number, b: number): void;

  /** x *= factor, for the moments of rows that missed updates; n is a multiple of 4. */
  scale(x: Address, n: number, factor: number): void;

  /** The sum of squares of n elements in double precision; n is a multiple of 4. */
  sumSquares(x: Address, n: number): number;

  /**
   * Adam (Kingma and Ba 2015), and AdamW (Loshchilov and Hutter 2019) when `decoupled` is 1 - learningRate *
   * weightDecay and `decay` is 0; `decoupled` is 1 for Adam. `rate` is learningRate / (1 - 0.9^t), `correction` is 1 /
   * sqrt(1 - 0.999^t).
   */
  adam(
    p: Address,
    g: Address,
    m: Address,
    v: Address,
    n: number,
    scale: number,
    rate: number,
    correction: number,
    decay: number,
    decoupled: number,
  ): void;

  /** RMSProp (Hinton's lecture 6e, 2012): v = 0.99 v + 0.01 g^2, p -= rate * g / (sqrt(v) + 1e-8). */
  rmsprop(p: Address, g: Address, v: Address, n: number, scale: number, rate: number, decay: number): void;

  /** Stochastic gradient descent with momentum 0.9 (Sutskever et al. 2013): m = 0.9 m + g, p -= rate * m. */
  sgd(p: Address, g: Address, m: Address, n: number, scale: number, rate: number, decay: number): void;

  /** Pair matrix (rows x columns) = a row-major matrix, rounded; `stride` floats from row to row. */
  packPairs(to: Panels, from: Address, stride: number, rows: number, columns: number): void;

  /** Pair matrix (columns x rows) = a row-major matrix (rows x columns), transposed and rounded. */
  packPairsTransposed(to: Panels, from: Address, stride: number, rows: number, columns: number): void;

  /**
   * C (rows x panels) += A (rows x 16 * blocks), rounded, * W (16 * blocks x panels), a pair matrix; the others are panel
   * matrices. `blocks` counts A's panels, `panels` those of W and C.
   */
  productPairs(c: Panels, a: Panels, w: Panels, rows: number, panels: number, blocks: number): void;

  /**
   * C (16 * aPanels rows x bPanels panels) += A' B over n rows, with A and B rounded; all three are panel matrices. When
   * `sums` is not 0, (16 * aPanels) at `sums` += the sums of A's columns, which are not rounded.
   */
  productColumnsPairs(
    c: Panels,
    a: Panels,
    b: Panels,
    n: number,
    aPanels: number,
    bPanels: number,
    sums: Address,
  ): void;

  /** to = from. */
  copyPanels(to: Panels, from: Panels, rows: number, panels: number): void;

  /** to += from. */
  addPanels(to: Panels, from: Panels, rows: number, panels: number): void;

  /** Where `from` is larger: to = from, and `where` (32-bit integers, in the form of `to`) = time. */
  maxPanels(to: Panels, where: Panels, from: Panels, time: number, rows: number, panels: number): void;

  /** to = from where `where` is `time`, 0 elsewhere: the gradient of a maximum. */
  selectPanels(to: Panels, where: Panels, from: Panels, time: number, rows: number, panels: number): void;

  /**
   * C (rows x panels) += A (rows x 16 * blocks) * W (16 * blocks x panels), all three panel matrices.
   * `blocks` counts A's panels, `panels` those of W and C.
   */
  productRows(c: Panels, a: Panels, w: Panels, rows: number, panels: number, blocks: number): void;

  /**
   * C (16 * aPanels rows x bPanels panels) += A' B over n rows, all three panel matrices: the form of a weight
   * gradient. When `sums` is not 0, (16 * aPanels) at `sums` += the sums of A's columns: the bias's gradient, while A
   * is in the cache.
   */
  productColumns(c: Panels, a: Panels, b: Panels, n: number, aPanels: number, bPanels: number, sums: Address): void;

  /** h = tanh(z). */
  rnnForward(z: Address, h: Address, rows: number): void;

  /** z = dh * (1 - h^2). */
  rnnBackward(z: Address, h: Address, dh: Address, rows: number): void;

  /**
   * Replaces logits by exp(logit - largest of the row). `largest` and `sums`, (rows, 16), get the row's largest logit
   * and the row's sum of exponentials in every lane.
   */
  softmaxExponentials(logits: Panels, rows: number, panels: number, largest: Address, sums: Address): void;

  /** Multiplies each row by its factor, (rows, 16) with a row's factor in every lane. */
  scaleRows(values: Panels, rows: number, panels: number, factors: Address): void;

  /** Subtracts its shift from each row's first `columns` columns; (rows, 16) with a row's shift in every lane. */
  shiftRows(values: Panels, rows: number, columns: number, shifts: Address): void;

  /** The softmax of each row's first `columns` columns, in place; what the last panel has behind them becomes 0. */
  softmaxRows(values: Panels, rows: number, columns: number): void;

  /** From the gradient of a row's probabilities to that of its logits: d = p * (d - sum of p * d), in place. */
  softmaxBackward(p: Panels, d: Panels, rows: number, panels: number): void;
}

/** The exports of a compiled module: panel matrices are two numbers each, addresses one. */
export type RawKernels = { readonly [name in keyof Kernels]: (...operands: number[]) => number };

/** Gives the exports their types. Each wrapper calls one function always, so that V8 inlines it. */
export function bind(raw: RawKernels): Kernels {
  return {
    average: raw.average,
    exchange: raw.exchange,
    crfChain: raw.crfChain,
    crfScore: (emissions, stride, steps, tags, chain, targets) =>
      raw.crfScore(emissions.base, emissions.step, stride, steps, tags, chain, targets),
    crfForward: (emissions, stride, steps, tags, chain, scratch) =>
      raw.crfForward(emissions.base, emissions.step, stride, steps, tags, chain, scratch),
    crfBackward: (emissions, stride, steps, tags, chain, scratch, partition, targets, scale, counts) =>
      raw.crfBackward(
        emissions.base,
        emissions.step,
        stride,
        steps,
        tags,
        chain,
        scratch,
        partition,
        targets,
        scale,
        counts,
      ),
    crfViterbi: (emissions, stride, steps, tags, chain, scratch, path) =>
      raw.crfViterbi(emissions.base, emissions.step, stride, steps, tags, chain, scratch, path),
    crfGradient: raw.crfGradient,
    dropout: (to, from, rows, firstPanel, panels, threshold, scale, seedLow, seedHigh, update, layer, position) =>
      raw.dropout(
        to.base,
        to.step,
        from.base,
        from.step,
        rows,
        firstPanel,
        panels,
        threshold,
        scale,
        seedLow,
        seedHigh,
        update,
        layer,
        position,
      ),
    gruAfterForward: (z, hPrevious, h, rows) => raw.gruAfterForward(z.base, z.step, hPrevious, h, rows),
    gruAfterBackward: (z, hPrevious, dh, dhPrevious, rows) =>
      raw.gruAfterBackward(z.base, z.step, hPrevious, dh, dhPrevious, rows),
    gruBeforeGates: (z, hPrevious, resetH, rows) => raw.gruBeforeGates(z.base, z.step, hPrevious, resetH, rows),
    gruBeforeForward: (z, hPrevious, h, rows) => raw.gruBeforeForward(z.base, z.step, hPrevious, h, rows),
    gruBeforeBackward: (z, hPrevious, dh, dhPrevious, rows) =>
      raw.gruBeforeBackward(z.base, z.step, hPrevious, dh, dhPrevious, rows),
    gruSimpleForward: (z, hPrevious, h, rows) => raw.gruSimpleForward(z.base, z.step, hPrevious, h, rows),
    gruBeforeResetBackward: raw.gruBeforeResetBackward,
    layerNorm: (to, from, gain, bias, mean, inverse, rows, columns) =>
      raw.layerNorm(to.base, to.step, from.base, from.step, gain, bias, mean, inverse, rows, columns),
    layerNormBackward: (dFrom, dTo, from, gain, mean, inverse, rows, columns) =>
      raw.layerNormBackward(
        dFrom.base,
        dFrom.step,
        dTo.base,
        dTo.step,
        from.base,
        from.step,
        gain,
        mean,
        inverse,
        rows,
        columns,
      ),
    layerNormGradient: (dGain, dBias, dTo, from, mean, inverse, rows, panels) =>
      raw.layerNormGradient(
        dGain.base,
        dGain.step,
        dBias.base,
        dBias.step,
        dTo.base,
        dTo.step,
        from.base,
        from.step,
        mean,
        inverse,
        rows,
        panels,
      ),
    lion: raw.lion,
    lstmForward: (z, cPrevious, c, h, rows) => raw.lstmForward(z.base, z.step, cPrevious, c, h, rows),
    lstmBackward: (z, cPrevious, c, dh, dc, rows) => raw.lstmBackward(z.base, z.step, cPrevious, c, dh, dc, rows),
    lstmCellForward: (z, cPrevious, c, rows) => raw.lstmCellForward(z.base, z.step, cPrevious, c, rows),
    lstmOutputForward: raw.lstmOutputForward,
    lstmOutputBackward: raw.lstmOutputBackward,
    lstmCellBackward: (z, cPrevious, dc, rows) => raw.lstmCellBackward(z.base, z.step, cPrevious, dc, rows),
    minGruForward: (z, hPrevious, h, rows) => raw.minGruForward(z.base, z.step, hPrevious, h, rows),
    minGruBackward: (z, hPrevious, dh, dhPrevious, rows) =>
      raw.minGruBackward(z.base, z.step, hPrevious, dh, dhPrevious, rows),
    packRows: (to, from, stride, rows, columns) => raw.packRows(to.base, to.step, from, stride, rows, columns),
    unpackRows: (from, to, stride, rows, columns) => raw.unpackRows(from.base, from.step, to, stride, rows, columns),
    addRows: (from, to, stride, rows, columns) => raw.addRows(from.base, from.step, to, stride, rows, columns),
    packTransposed: (to, from, stride, rows, columns) =>
      raw.packTransposed(to.base, to.step, from, stride, rows, columns),
    unpackTransposed: (from, to, stride, rows, columns) =>
      raw.unpackTransposed(from.base, from.step, to, stride, rows, columns),
    clear: raw.clear,
    clearRows: (to, rows, panels) => raw.clearRows(to.base, to.step, rows, panels),
    fillRows: (to, values, rows, panels) => raw.fillRows(to.base, to.step, values, rows, panels),
    addToRows: (to, values, rows, panels) => raw.addToRows(to.base, to.step, values, rows, panels),
    gatherRows: (to, table, index, rows, panels) =>
      raw.gatherRows(to.base, to.step, table.base, table.step, index, rows, panels),
    placeRows: (table, from, index, rows, panels) =>
      raw.placeRows(table.base, table.step, from.base, from.step, index, rows, panels),
    scatterRows: (table, from, index, rows, panels) =>
      raw.scatterRows(table.base, table.step, from.base, from.step, index, rows, panels),
    gatherEmbedding: (to, from, columns, index, rows) =>
      raw.gatherEmbedding(to.base, to.step, from, columns, index, rows),
    scatterEmbedding: (to, columns, from, index, rows, first, last) =>
      raw.scatterEmbedding(to, columns, from.base, from.step, index, rows, first, last),
    nesterov: raw.nesterov,
    axpby: raw.axpby,
    scale: raw.scale,
    sumSquares: raw.sumSquares,
    adam: raw.adam,
    rmsprop: raw.rmsprop,
    sgd: raw.sgd,
    packPairs: (to, from, stride, rows, columns) => raw.packPairs(to.base, to.step, from, stride, rows, columns),
    packPairsTransposed: (to, from, stride, rows, columns) =>
      raw.packPairsTransposed(to.base, to.step, from, stride, rows, columns),
    productPairs: (c, a, w, rows, panels, blocks) =>
      raw.productPairs(c.base, c.step, a.base, a.step, w.base, w.step, rows, panels, blocks),
    productColumnsPairs: (c, a, b, n, aPanels, bPanels, sums) =>
      raw.productColumnsPairs(c.base, c.step, a.base, a.step, b.base, b.step, n, aPanels, bPanels, sums),
    copyPanels: (to, from, rows, panels) => raw.copyPanels(to.base, to.step, from.base, from.step, rows, panels),
    addPanels: (to, from, rows, panels) => raw.addPanels(to.base, to.step, from.base, from.step, rows, panels),
    maxPanels: (to, where, from, time, rows, panels) =>
      raw.maxPanels(to.base, to.step, where.base, where.step, from.base, from.step, time, rows, panels),
    selectPanels: (to, where, from, time, rows, panels) =>
      raw.selectPanels(to.base, to.step, where.base, where.step, from.base, from.step, time, rows, panels),
    productRows: (c, a, w, rows, panels, blocks) =>
      raw.productRows(c.base, c.step, a.base, a.step, w.base, w.step, rows, panels, blocks),
    productColumns: (c, a, b, n, aPanels, bPanels, sums) =>
      raw.productColumns(c.base, c.step, a.base, a.step, b.base, b.step, n, aPanels, bPanels, sums),
    rnnForward: raw.rnnForward,
    rnnBackward: raw.rnnBackward,
    softmaxExponentials: (logits, rows, panels, largest, sums) =>
      raw.softmaxExponentials(logits.base, logits.step, rows, panels, largest, sums),
    scaleRows: (values, rows, panels, factors) => raw.scaleRows(values.base, values.step, rows, panels, factors),
    shiftRows: (values, rows, columns, shifts) => raw.shiftRows(values.base, values.step, rows, columns, shifts),
    softmaxRows: (values, rows, columns) => raw.softmaxRows(values.base, values.step, rows, columns),
    softmaxBackward: (p, d, rows, panels) => raw.softmaxBackward(p.base, p.step, d.base, d.step, rows, panels),
  };
}

/** What each kernel returns and takes as a C function, apart from the memory's address. */
export const signatures: { readonly [name in keyof Kernels]: string } = {
  average: 'void uint32_t uint32_t int32_t double',
  exchange: 'void uint32_t uint32_t int32_t',
  crfChain: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t',
  crfScore: 'double uint32_t uint32_t int32_t int32_t int32_t uint32_t uint32_t',
  crfForward: 'double uint32_t uint32_t int32_t int32_t int32_t uint32_t uint32_t',
  crfBackward: 'void uint32_t uint32_t int32_t int32_t int32_t uint32_t uint32_t double uint32_t double uint32_t',
  crfViterbi: 'void uint32_t uint32_t int32_t int32_t int32_t uint32_t uint32_t uint32_t',
  crfGradient: 'void uint32_t uint32_t int32_t int32_t int32_t double',
  dropout:
    'void uint32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t uint32_t float int32_t int32_t int32_t int32_t int32_t',
  gruAfterForward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  gruAfterBackward: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t',
  gruBeforeGates: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  gruBeforeForward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  gruBeforeBackward: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t',
  gruSimpleForward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  gruBeforeResetBackward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  layerNorm: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  layerNormBackward:
    'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  layerNormGradient:
    'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  lion: 'void uint32_t uint32_t uint32_t int32_t float float float',
  lstmForward: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t',
  lstmBackward: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t',
  lstmCellForward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  lstmOutputForward: 'void uint32_t uint32_t uint32_t int32_t',
  lstmOutputBackward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  lstmCellBackward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  minGruForward: 'void uint32_t uint32_t uint32_t uint32_t int32_t',
  minGruBackward: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t',
  packRows: 'void uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  unpackRows: 'void uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  addRows: 'void uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  packTransposed: 'void uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  unpackTransposed: 'void uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  clear: 'void uint32_t int32_t',
  clearRows: 'void uint32_t uint32_t int32_t int32_t',
  fillRows: 'void uint32_t uint32_t uint32_t int32_t int32_t',
  addToRows: 'void uint32_t uint32_t uint32_t int32_t int32_t',
  gatherRows: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  placeRows: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  scatterRows: 'void uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  gatherEmbedding: 'void uint32_t uint32_t uint32_t int32_t uint32_t int32_t',
  scatterEmbedding: 'void uint32_t int32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  nesterov: 'void uint32_t uint32_t uint32_t int32_t float',
  axpby: 'void uint32_t uint32_t int32_t float float',
  scale: 'void uint32_t int32_t float',
  sumSquares: 'double uint32_t int32_t',
  adam: 'void uint32_t uint32_t uint32_t uint32_t int32_t float float float float float',
  rmsprop: 'void uint32_t uint32_t uint32_t int32_t float float float',
  sgd: 'void uint32_t uint32_t uint32_t int32_t float float float',
  packPairs: 'void uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  packPairsTransposed: 'void uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  productPairs: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  productColumnsPairs: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t uint32_t',
  copyPanels: 'void uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  addPanels: 'void uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
  maxPanels: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  selectPanels: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  productRows: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t',
  productColumns: 'void uint32_t uint32_t uint32_t uint32_t uint32_t uint32_t int32_t int32_t int32_t uint32_t',
  rnnForward: 'void uint32_t uint32_t int32_t',
  rnnBackward: 'void uint32_t uint32_t uint32_t int32_t',
  softmaxExponentials: 'void uint32_t uint32_t int32_t int32_t uint32_t uint32_t',
  scaleRows: 'void uint32_t uint32_t int32_t int32_t uint32_t',
  shiftRows: 'void uint32_t uint32_t int32_t int32_t uint32_t',
  softmaxRows: 'void uint32_t uint32_t int32_t int32_t',
  softmaxBackward: 'void uint32_t uint32_t uint32_t uint32_t int32_t int32_t',
};
