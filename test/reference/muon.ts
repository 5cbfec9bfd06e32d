/** Muon's update of a matrix (Jordan 2024; Liu et al. 2025), written out in double precision. */

const COEFFICIENTS = [3.4445, -4.775, 2.0315];

/** Shape of a matrix, row-major. */
export interface MatrixShape {
  rows: number;
  columns: number;
}

type Row = Float64Array;

/**
 * The matrix with its singular values brought near 1: over its Frobenius norm, then five times X = a X + (b A + c A A) X with A = X X'.
 */
export function orthogonalized(values: Float64Array, { rows, columns }: MatrixShape): Float64Array {
  const norm = Math.max(1e-7, Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0)));
  let x = Array.from({ length: rows }, (_, i) => values.slice(i * columns, (i + 1) * columns).map((v) => v / norm));
  const [a, b, c] = COEFFICIENTS;
  for (let iteration = 0; iteration < 5; iteration++) {
    const gram = product(x, transposed(x));
    const square = product(gram, gram);
    const factor = gram.map((row, i) => row.map((value, j) => b * value + c * square[i][j]));
    const bent = product(factor, x);
    x = x.map((row, i) => row.map((value, j) => a * value + bent[i][j]));
  }
  return Float64Array.from(x.flatMap((row) => [...row]));
}

/**
 * The momentum, changed in place, of some matrices of one shape that stand one below the other, and what is taken off the weights
 * for a learning rate of 1.
 */
export function muonStep(gradient: Float64Array, momentum: Float64Array, shape: MatrixShape): Float64Array {
  const size = shape.rows * shape.columns;
  const step = new Float64Array(gradient.length);
  for (let k = 0; k < gradient.length; k++) {
    momentum[k] = 0.95 * momentum[k] + gradient[k];
    step[k] = gradient[k] + 0.95 * momentum[k];
  }
  for (let first = 0; first < step.length; first += size) {
    step.set(orthogonalized(step.slice(first, first + size), shape), first);
  }
  return step.map((value) => 0.2 * Math.sqrt(Math.max(shape.rows, shape.columns)) * value);
}

function transposed(a: Row[]): Row[] {
  return Array.from(a[0], (_, j) => Float64Array.from(a, (row) => row[j]));
}

function product(a: Row[], b: Row[]): Row[] {
  const columns = transposed(b);
  return a.map((row) =>
    Float64Array.from(columns, (column) => row.reduce((sum, value, k) => sum + value * column[k], 0)),
  );
}
