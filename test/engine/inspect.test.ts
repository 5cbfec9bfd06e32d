/** Gradients of states against finite differences of the reference cells, and gate values against their values. */

import { describe, expect, it } from 'vitest';
import { createInspector, parameterSpecs } from '../../src/engine/index.ts';
import type { ModelConfig } from '../../src/model/index.ts';
import { createRandom } from '../../src/random.ts';
import { type CellStep, createCell, zeroState } from '../reference/cells.ts';
import type { Values } from '../reference/model.ts';
import { CELLS, cellName } from '../reference/networks.ts';
import { runOutput } from '../reference/output.ts';
import { modelConfig, randomParameters } from '../reference/random.ts';
import { layerWeights } from '../reference/stack.ts';

/** A change of one unit of a state of a layer after a time step. */
interface Nudge {
  layer: number;
  state: 'h' | 'c';
  t: number;
  unit: number;
  by: number;
}

/** Cross-entropy of the last token, after all others; and every step of every layer. */
function run(config: ModelConfig, values: Values, tokens: readonly number[], nudge?: Nudge) {
  const cell = createCell(config);
  const states = Array.from({ length: config.layers }, () => zeroState(config.hidden));
  const steps: CellStep[][] = [];
  let x: Float64Array = new Float64Array();
  for (let t = 0; t < tokens.length - 1; t++) {
    x = embed(config, values, tokens[t]);
    steps[t] = states.map((before, layer) => {
      const step = cell.forward(layerWeights(values, 'rnn', `_l${layer}`, config.hidden), x, before);
      const after = { h: step.after.h.slice(), c: step.after.c.slice() };
      if (nudge?.layer === layer && nudge.t === t) after[nudge.state][nudge.unit] += nudge.by;
      states[layer] = after;
      x = after.h;
      return step;
    });
  }
  return { loss: -runOutput(config, values, x).logProbabilities[tokens[tokens.length - 1]], steps };
}

function embed({ embedding: E, vocabulary }: ModelConfig, values: Values, token: number): Float64Array {
  if (E > 0) return values['embedding.weight'].slice(token * E, (token + 1) * E);
  return new Float64Array(vocabulary).fill(1, token, token + 1);
}

function differenceNorm(
  config: ModelConfig,
  values: Values,
  tokens: readonly number[],
  where: Pick<Nudge, 'layer' | 'state' | 't'>,
): number {
  const by = 1e-5;
  let squares = 0;
  for (let unit = 0; unit < config.hidden; unit++) {
    const up = run(config, values, tokens, { ...where, unit, by }).loss;
    const down = run(config, values, tokens, { ...where, unit, by: -by }).loss;
    squares += ((up - down) / (2 * by)) ** 2;
  }
  return Math.sqrt(squares);
}

function tensorsOf(config: ModelConfig, values: Values) {
  return parameterSpecs(config).map(({ name, shape }) => ({ name, shape, data: Float32Array.from(values[name]) }));
}

function randomTokens(config: ModelConfig, length: number, seed: number): number[] {
  const random = createRandom(seed);
  return Array.from({ length }, () => random.integer(config.vocabulary));
}

/** Longest first, last and alone; several of one length. */
const LENGTHS = [4, 9, 6, 9, 2];

describe.each(CELLS.map((cell) => ({ name: cellName(cell), cell })))('$name', ({ cell }) => {
  it.each([
    { embedding: 4, layers: 1 },
    { embedding: 0, layers: 2, hidden: 18 },
    { embedding: 9, layers: 2, vocabulary: 600, cutoffs: [100, 300] },
  ])('gives the norms that differences give: embedding $embedding, $layers layers', (shape) => {
    const config = modelConfig({ ...cell, ...shape });
    const values = randomParameters(config, 3);
    const sequences = LENGTHS.map((length, i) => randomTokens(config, length, i));
    const inspector = createInspector(config, tensorsOf(config, values), 10, 'strict');
    const most = 6;
    const found = inspector.gradients(sequences, most);
    expect(found).toHaveLength(config.layers);
    for (const [layer, norms] of found.entries()) {
      expect(Object.keys(norms)).toEqual(config.cell === 'lstm' ? ['h', 'c'] : ['h']);
      for (const state of Object.keys(norms) as ('h' | 'c')[]) {
        expect(norms[state]).toHaveLength(most + 1);
        norms[state]!.forEach((norm, k) => {
          const reached = sequences.filter((tokens) => tokens.length - 2 - k >= 0);
          const sum = reached.reduce((total, tokens) => {
            return total + differenceNorm(config, values, tokens, { layer, state, t: tokens.length - 2 - k });
          }, 0);
          const what = `${cellName(cell)}, layer ${layer}, ${state}, k = ${k}`;
          const expected = sum / reached.length;
          expect(Math.abs(norm - expected), what).toBeLessThan(1e-4 * expected + 1e-7);
        });
      }
    }
  });

  it('gives the values of gates and states', () => {
    const config = modelConfig({ ...cell, layers: 2, hidden: 18 });
    const values = randomParameters(config, 4);
    const sequences = LENGTHS.map((length, i) => randomTokens(config, length, i));
    const inspector = createInspector(config, tensorsOf(config, values), 9, 'strict');
    const seen: string[] = [];
    inspector.activations(sequences, (index, layer, activations) => {
      seen.push(`${index} ${layer}`);
      const tokens = sequences[index];
      // One token more, as the last is only predicted there.
      const steps = run(config, values, [...tokens, 0]).steps.map((ofLayers) => ofLayers[layer]);
      const { h, c, ...gates } = activations;
      const order = {
        rnn: [],
        lstm: ['i', 'f', 'g', 'o'],
        mingru: ['z', 'n'],
        gru: config.gruReset === 'none' ? ['z', 'n'] : ['r', 'z', 'n'],
      };
      expect(Object.keys(gates)).toEqual(order[config.cell]);
      const H = config.hidden;
      const all = (pick: (step: CellStep) => Float64Array) => steps.flatMap((step) => [...pick(step)]);
      const close = (actual: Float32Array, expected: readonly number[]) => {
        expect(actual).toHaveLength(tokens.length * H);
        actual.forEach((value, i) => {
          expect(value).toBeCloseTo(expected[i], 5);
        });
      };
      close(
        h,
        all(({ after }) => after.h),
      );
      if (config.cell === 'lstm')
        close(
          c,
          all(({ after }) => after.c),
        );
      Object.values(gates).forEach((list, gate) => {
        close(
          list,
          all((step) => step.gates.subarray(gate * H, (gate + 1) * H)),
        );
      });
    });
    expect(seen.sort()).toEqual(sequences.flatMap((_, i) => [`${i} 0`, `${i} 1`]));
  });
});

it('gives the same for a sequence whatever stands beside it', () => {
  const config = modelConfig({ hidden: 20 });
  const tensors = tensorsOf(config, randomParameters(config, 5));
  const sequences = Array.from({ length: 70 }, (_, i) => randomTokens(config, 5, i));
  const inspector = createInspector(config, tensors, 5, 'strict');
  const together = inspector.gradients(sequences, 4);
  const apart = sequences.map((sequence) => inspector.gradients([sequence], 4)[0].h[3]);
  expect(together[0].h[3]).toBeCloseTo(apart.reduce((sum, norm) => sum + norm, 0) / 70, 6);
});
