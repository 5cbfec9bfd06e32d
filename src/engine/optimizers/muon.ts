/** Muon: momentum made orthogonal, matrix by matrix. */

import { type Address, address, type Kernels, NOWHERE, offsetBy, PANEL, panelsOf, ROW } from '../../kernels/index.ts';
import { adamw } from './adam.ts';
import type { Matrix, Optimizer, Update } from './optimizer.ts';

/** The iteration that brings singular values near 1: how often, and the coefficients of its polynomial. */
const ITERATIONS = 5;
const [LINEAR, CUBIC, QUINTIC] = [3.4445, -4.775, 2.0315];

/**
 * Muon (Jordan 2024, "Muon: An optimizer for hidden layers in neural networks"). The step of a weight is its momentum (0.95,
 * Nesterov's) with all singular values brought near 1, so that it goes as far where gradients seldom point as where they often do.
 * Recurrent and input weights step so, each gate's apart, as Jordan has those of attention; the rest as with AdamW, to which
 * belongs the weight of a one-hot input, whose columns are an embedding of the tokens. Weight decay is decoupled.
 *
 * A step is 0.2 sqrt(max(rows, columns)) times the learning rate (Liu et al. 2025, "Muon is scalable for LLM training", equation
 * 4): about as large as Adam's, number by number, so that both have one learning rate. On a small text, after 200 to 300 steps, 0.03
 * was the best with 2 x 256, and 0.06 was, by little, with 2 x 128 by characters and 2 x 64 by words.
 *
 * An (H, H) matrix costs 15 H^3 multiply-adds a step, whatever the batch, and each thread has 16 H^2 bytes to work in. It keeps its
 * momentum in `m`; its `v` stays 0.
 */
export const muon: Optimizer = {
  ...adamw,
  summary: 'orthogonal steps of recurrent and input weights, the rest as adamw, weight decay decoupled',
  learningRate: 0.03,
  matrices: {
    appliesTo: ({ role, tokens }) => (role === 'recurrent' || role === 'input') && tokens === 'none',
    scratchBytes: (rows, columns) => layOut(address(0), rows, columns).end,
    update: updateMatrix,
  },
};

/**
 * What a matrix is worked on in: panel matrices x and y, (long, panels), with the longer side of the matrix as rows, and two for
 * the products of their columns, (short, panels).
 */
function layOut(scratch: Address, rows: number, columns: number) {
  const long = Math.max(rows, columns);
  const panels = panelsOf(Math.min(rows, columns));
  const short = panels * PANEL;
  const x = { base: scratch, step: long * ROW };
  const y = { base: offsetBy(x.base, panels * x.step), step: x.step };
  const gram = { base: offsetBy(y.base, panels * y.step), step: short * ROW };
  const square = { base: offsetBy(gram.base, panels * gram.step), step: gram.step };
  return { long, short, panels, x, y, gram, square, end: offsetBy(square.base, panels * square.step) };
}

function updateMatrix(
  kernels: Kernels,
  { rows, columns, value, gradient, moments: [momentum] }: Matrix,
  scratch: Address,
  { learningRate, weightDecay, scale }: Update,
): void {
  const room = layOut(scratch, rows, columns);
  const { x, y, long, short } = room;
  const pack = rows < columns ? kernels.packTransposed : kernels.packRows;
  const unpack = rows < columns ? kernels.unpackTransposed : kernels.unpackRows;

  // Padding, which packing does not write.
  kernels.clear(x.base, 2 * long * short);
  pack(x, gradient, columns, rows, columns);
  pack(y, momentum, columns, rows, columns);
  kernels.nesterov(x.base, x.base, y.base, long * short, scale);
  unpack(y, momentum, columns, rows, columns);
  orthogonalize(kernels, room);
  pack(y, value, columns, rows, columns);
  const rate = 0.2 * Math.sqrt(long) * learningRate;
  kernels.axpby(y.base, x.base, long * short, -rate, 1 - learningRate * weightDecay);
  unpack(y, value, columns, rows, columns);
}

/**
 * Brings the singular values of x, but for tiny ones, into about 0.7 to 1.2: x = x / |x|, then five times
 * x = 3.4445 x - 4.775 x (x'x) + 2.0315 x (x'x)^2 (Jordan 2024).
 */
function orthogonalize(kernels: Kernels, { x, y, gram, square, long, short, panels }: ReturnType<typeof layOut>): void {
  const norm = Math.sqrt(kernels.sumSquares(x.base, long * short));
  kernels.scale(x.base, long * short, 1 / Math.max(norm, 1e-7));
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    kernels.clear(gram.base, 2 * short * short);
    kernels.productColumns(gram, x, x, long, panels, panels, NOWHERE);
    kernels.productRows(square, gram, gram, short, panels, panels);
    kernels.axpby(square.base, gram.base, short * short, CUBIC, QUINTIC);
    kernels.clear(y.base, long * short);
    kernels.productRows(y, x, square, long, panels, panels);
    kernels.axpby(x.base, y.base, long * short, 1, LINEAR);
  }
}
