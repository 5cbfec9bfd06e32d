/** `matrix * vector + bias` and the way back through it. */

/** `matrix` is (R, C) row-major, `bias` (R), `vector` (C); the result (R). */
export function affine(matrix: Float64Array, bias: Float64Array, vector: Float64Array): Float64Array {
  const columns = vector.length;
  return bias.map((start, row) => {
    let sum = start;
    for (let column = 0; column < columns; column++) sum += matrix[row * columns + column] * vector[column];
    return sum;
  });
}

/** Given the gradient of the result, adds to those of matrix and bias and returns that of the vector. */
export function affineBackward(
  matrix: Float64Array,
  vector: Float64Array,
  gradient: Float64Array,
  matrixGradient: Float64Array,
  biasGradient: Float64Array,
): Float64Array {
  const columns = vector.length;
  const vectorGradient = new Float64Array(columns);
  for (let row = 0; row < gradient.length; row++) {
    biasGradient[row] += gradient[row];
    for (let column = 0; column < columns; column++) {
      matrixGradient[row * columns + column] += gradient[row] * vector[column];
      vectorGradient[column] += gradient[row] * matrix[row * columns + column];
    }
  }
  return vectorGradient;
}
