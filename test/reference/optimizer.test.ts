/** Clipping in the reference; the optimizers themselves are compared with PyTorch in pytorch.test.ts. */

import { describe, expect, it } from 'vitest';
import { clipGradients, globalNorm } from './optimizer.ts';

describe('clipping', () => {
  const gradients = { a: Float64Array.of(3, 0), b: Float64Array.of(0, -4) };

  it('scales the gradients of all parameters together', () => {
    expect(globalNorm(gradients)).toBe(5);
    const clipped = clipGradients(gradients, 0.5);
    expect(globalNorm(clipped)).toBeCloseTo(0.5, 6);
    expect(clipped.a[0] / clipped.b[1]).toBeCloseTo(-0.75, 12);
  });

  it('leaves small gradients alone, and all of them when off', () => {
    expect(clipGradients(gradients, 5.1)).toEqual(gradients);
    expect(clipGradients(gradients, 0)).toEqual(gradients);
  });
});
