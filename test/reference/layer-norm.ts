/** Layer normalization of vectors side by side, and the way back, in double precision and plain loops. */

/** Gains and biases of some vectors (n*H), or their gradients. */
export interface NormWeights {
  gain: Float64Array;
  bias: Float64Array;
}

interface Normalized {
  values: Float64Array;
  inverse: number;
}

function normalized(vector: Float64Array): Normalized {
  const mean = vector.reduce((sum, value) => sum + value, 0) / vector.length;
  const variance = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / vector.length;
  const inverse = 1 / Math.sqrt(variance + 1e-5);
  return { values: vector.map((value) => (value - mean) * inverse), inverse };
}

/**
 * Some vectors of H one after the other, each normalized with the gain and the bias of its own, the first one with those of
 * vector `first`; without weights as they are.
 */
export function layerNorm(weights: NormWeights | undefined, vectors: Float64Array, H: number, first = 0): Float64Array {
  if (!weights) return vectors;
  const result = new Float64Array(vectors.length);
  for (let from = 0; from < vectors.length; from += H) {
    normalized(vectors.subarray(from, from + H)).values.forEach((value, j) => {
      const k = first * H + from + j;
      result[from + j] = weights.gain[k] * value + weights.bias[k];
    });
  }
  return result;
}

/** Given the gradient of the result, adds to those of gains and biases and returns that of the vectors. */
export function layerNormBackward(
  weights: NormWeights | undefined,
  vectors: Float64Array,
  gradient: Float64Array,
  H: number,
  gradients: NormWeights | undefined,
  first = 0,
): Float64Array {
  if (!weights || !gradients) return gradient;
  const result = new Float64Array(vectors.length);
  for (let from = 0; from < vectors.length; from += H) {
    const { values, inverse } = normalized(vectors.subarray(from, from + H));
    let mean = 0;
    let slope = 0;
    for (let j = 0; j < H; j++) {
      const k = first * H + from + j;
      gradients.gain[k] += gradient[from + j] * values[j];
      gradients.bias[k] += gradient[from + j];
      mean += (gradient[from + j] * weights.gain[k]) / H;
      slope += (gradient[from + j] * weights.gain[k] * values[j]) / H;
    }
    for (let j = 0; j < H; j++) {
      const d = gradient[from + j] * weights.gain[first * H + from + j];
      result[from + j] = inverse * (d - mean - values[j] * slope);
    }
  }
  return result;
}
