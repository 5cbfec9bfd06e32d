/** The running average of the weights (Polyak and Juditsky 1992), and the weights put in its place and back. */

/**
 * to = from + rest * (to - from) in double precision, rounded once: `rest` is the part of the average that stays. n
 * is a multiple of 4.
 */
export function average(to: usize, from: usize, n: i32, rest: f64): void {
  const factor = f64x2.splat(rest);
  for (const end = to + (<usize>n << 2); to < end; to += 16) {
    const old = v128.load(to);
    const x = v128.load(from);
    const low = averaged(f64x2.promote_low_f32x4(old), f64x2.promote_low_f32x4(x), factor);
    const high = averaged(f64x2.promote_low_f32x4(upper(old)), f64x2.promote_low_f32x4(upper(x)), factor);
    v128.store(to, v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5));
    from += 16;
  }
}

// @ts-ignore: decorator
@inline
function averaged(old: v128, x: v128, rest: v128): v128 {
  return f64x2.add(x, f64x2.mul(rest, f64x2.sub(old, x)));
}

/** The upper two lanes as the lower ones. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 3, 2, 3);
}

/** Exchanges n floats at `a` and at `b`; n is a multiple of 8. */
export function exchange(a: usize, b: usize, n: i32): void {
  for (const end = a + (<usize>n << 2); a < end; a += 32) {
    const a0 = v128.load(a, 0);
    const a1 = v128.load(a, 16);
    const b0 = v128.load(b, 0);
    const b1 = v128.load(b, 16);
    v128.store(a, b0, 0);
    v128.store(a, b1, 16);
    v128.store(b, a0, 0);
    v128.store(b, a1, 16);
    b += 32;
  }
}
