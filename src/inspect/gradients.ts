/** How gradients shrink on their way back in time: where to measure, and what to say about the norms. */

/** Norms below this are near what single precision can hold. */
const SMALLEST = 1e-30;

/** How a norm falls with the number of steps back. */
export interface Decay {
  /**
   * By which the norm changes at each step: of the straight line that fits its logarithm best from k = 1 on. NaN
   * without two norms.
   */
  factor: number;
  /** The first k at which the norm is below a hundredth of the largest one up to there; `null` if there is none. */
  hundredth: number | null;
}

/** Fits a line to the logarithms by least squares; norms below 1e-30, and 0, are left out. */
export function decayOf(norms: readonly number[]): Decay {
  const points = norms.flatMap((norm, k): [number, number][] =>
    k >= 1 && norm > SMALLEST ? [[k, Math.log(norm)]] : [],
  );
  const meanK = points.reduce((sum, [k]) => sum + k, 0) / points.length;
  const meanLog = points.reduce((sum, [, log]) => sum + log, 0) / points.length;
  const covariance = points.reduce((sum, [k, log]) => sum + (k - meanK) * (log - meanLog), 0);
  const variance = points.reduce((sum, [k]) => sum + (k - meanK) ** 2, 0);
  let largest = 0;
  const hundredth = norms.findIndex((norm) => {
    largest = Math.max(largest, norm);
    return norm < largest / 100;
  });
  return { factor: Math.exp(covariance / variance), hundredth: hundredth < 0 ? null : hundredth };
}
