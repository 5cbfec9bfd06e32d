/**
 * Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), a counter-based generator:
 * a value depends on its key and counter alone, so that drawing is reproducible in any order and on any thread.
 */

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const low = aLow * bHigh + (middle & 0xffff);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + (low >>> 16)) >>> 0;
}

/** One block: writes four 32-bit words for (key, counter) into `out`. */
export function philox(
  key: readonly [number, number],
  counter: readonly [number, number, number, number],
  out: Uint32Array,
): void {
  let [k0, k1] = key;
  let [c0, c1, c2, c3] = counter;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(c0 >>> 0, MULTIPLIER_0);
    const low0 = Math.imul(c0, MULTIPLIER_0);
    const high1 = multiplyHigh(c2 >>> 0, MULTIPLIER_1);
    const low1 = Math.imul(c2, MULTIPLIER_1);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** A stream of numbers for one purpose (`stream`) under one seed. */
export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  uniform(): number;
  /** Uniform integer in [0, n), n up to 2^32, without bias. */
  integer(n: number): number;
  /** Standard normal (Box and Muller 1958). */
  normal(): number;
}

/** `seed` is an integer from 0 to 2^53 - 1; `stream` keeps purposes apart (say 0 for the weights, 1 for the order of lines). */
export function createRandom(seed: number, stream = 0): Random {
  const key: [number, number] = [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0];
  const block = new Uint32Array(4);
  let counter = 0;
  let used = 4;
  let spare: number | undefined;
  const word = (): number => {
    if (used === 4) {
      philox(key, [counter >>> 0, Math.floor(counter / 0x100000000), stream >>> 0, 0], block);
      counter++;
      used = 0;
    }
    return block[used++];
  };
  const uniform = (): number => word() / 0x100000000;
  return {
    uniform,
    integer(n) {
      const limit = 0x100000000 - (0x100000000 % n);
      let value = word();
      while (value >= limit) value = word();
      return value % n;
    },
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}
