/** Decoding's view of an encoder-decoder, against the reference. */

import { describe, expect, it } from 'vitest';
import { createTranslator } from '../../src/engine/index.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { createRandom } from '../../src/random.ts';
import { expectClose } from '../compare.ts';
import { type Result, runTask, type Values } from '../reference/model.ts';
import { CELLS, taskModels, taskName } from '../reference/networks.ts';
import { modelConfig } from '../reference/random.ts';
import { tensorsOf } from './support.ts';

const CLASSES = 19;
const STEPS = 4;

function randomTokens(count: number, limit: number, seed: number): number[] {
  const random = createRandom(seed, 6);
  return Array.from({ length: count }, () => random.integer(limit));
}

/** One pair through the reference. */
function reference(model: ModelConfig, values: Values, source: number[], target: number[]): Result {
  return runTask(model, values, {
    steps: target.length,
    inputs: Int32Array.from(target),
    targets: new Int32Array(target.length),
    fresh: true,
    source: {
      steps: source.length,
      inputs: Int32Array.from(source),
      lengths: Int32Array.of(source.length),
      rows: Int32Array.of(0),
    },
  });
}

const networks = CELLS.flatMap((cell) =>
  taskModels({ hidden: 17, embedding: 9, vocabulary: 23, classes: CLASSES, ...cell })
    .filter(({ task }) => task === 'translate')
    .map((model) => ({ name: taskName(model), model })),
);

describe('a translator', () => {
  it.each(networks)('gives the reference’s log-probabilities and attention: $name', ({ model }) => {
    const { values, tensors } = tensorsOf(model, 3);
    const sources = [3, 6, 1, 5].map((length, row) => randomTokens(length, model.vocabulary, row));
    const targets = sources.map((_, row) => randomTokens(STEPS, CLASSES, 10 + row));
    const expected = sources.map((source, row) => reference(model, values, source, targets[row]));
    const decoder = createTranslator(model, tensors).decoder(sources);
    expect(decoder.vocabulary).toBe(CLASSES);

    let state = decoder.start(sources.length);
    for (let t = 0; t < STEPS; t++) {
      const next = decoder.next(
        state,
        targets.map((target) => target[t]),
      );
      state = next.state;
      const attention = decoder.attention(state);
      expect(attention === undefined).toBe(model.attention === 'none');
      sources.forEach((source, row) => {
        const part = (all: ArrayLike<number>, at: number, width: number) =>
          Array.from({ length: width }, (_, i) => all[at * width + i]);
        const what = `time step ${t} of row ${row}`;
        const logProbabilities = part(expected[row].logProbabilities, t, CLASSES);
        expectClose({ logProbabilities: part(next.logProbabilities, row, CLASSES) }, { logProbabilities }, 1e-5, what);
        if (attention) {
          const weights = [...part(expected[row].attention, t, source.length), 0, 0, 0, 0, 0].slice(0, 6);
          expectClose({ weights: part(attention, row, 6) }, { weights }, 1e-5, `attention of ${what}`);
        }
      });
    }
  });

  const model = modelConfig({
    task: 'translate',
    bidirectional: true,
    classes: CLASSES,
    attention: 'dot',
    merge: 'sum',
  });
  const { values, tensors } = tensorsOf(model, 4);
  const row = (all: Float32Array, index: number, width = CLASSES) => [
    ...all.subarray(index * width, (index + 1) * width),
  ];

  it('gives several rows of one source', () => {
    const source = [4, 5, 6, 3];
    const decoder = createTranslator(model, tensors).decoder([source]);
    const first = decoder.next(decoder.start(70), new Array(70).fill(1));
    const second = decoder.next(
      first.state,
      Array.from({ length: 70 }, (_, i) => i % CLASSES),
    ).logProbabilities;
    for (const i of [0, 1, 69]) {
      const expected = reference(model, values, source, [1, i % CLASSES]).logProbabilities.subarray(CLASSES);
      expectClose({ row: row(second, i) }, { row: expected }, 1e-5, `row ${i}`);
    }
  });

  it('lets a selected row go on with its own source', () => {
    const sources = [[4, 5], [6, 3, 4, 4, 5], [5]];
    const decoder = createTranslator(model, tensors).decoder(sources);
    const { state } = decoder.next(decoder.start(3), [1, 1, 1]);
    const values = state.values.slice();
    const all = decoder.next(state, [7, 8, 9]);
    const allRows = [0, 1, 2].map((i) => row(all.logProbabilities, i));
    const allAttention = [0, 1, 2].map((i) => row(decoder.attention(all.state)!, i, 5));
    const order = [2, 0, 0, 1, 2];
    const chosen = decoder.next(
      decoder.select(state, order),
      order.map((i) => [7, 8, 9][i]),
    );
    order.forEach((from, i) => {
      expect(row(chosen.logProbabilities, i)).toEqual(allRows[from]);
      expect(row(decoder.attention(chosen.state)!, i, 5)).toEqual(allAttention[from]);
    });
    expect(state.values).toEqual(values);
  });

  it('takes more sources than are computed at once, and long ones, each as if it were alone', () => {
    const sources = Array.from({ length: 100 }, (_, i) => randomTokens(i === 80 ? 500 : 1 + (i % 9), 7, i));
    const translator = createTranslator(model, tensors);
    const tokens = sources.map((_, i) => i % CLASSES);
    const decoder = translator.decoder(sources);
    const together = decoder.next(decoder.start(100), tokens).logProbabilities.slice();
    for (const i of [0, 63, 64, 80, 99]) {
      const alone = translator.decoder([sources[i]]);
      const expected = alone.next(alone.start(1), [tokens[i]]).logProbabilities;
      expectClose({ row: row(together, i) }, { row: expected }, 1e-5, `source ${i}`);
      const { logProbabilities } = reference(model, values, sources[i], [tokens[i]]);
      expectClose({ row: row(together, i) }, { row: logProbabilities }, 1e-5, `source ${i} and the reference`);
    }
  });

  it('serves several decoders at the same time', () => {
    const translator = createTranslator(model, tensors);
    const [one, other] = [[4, 5, 6], [6]].map((source) => translator.decoder([source]));
    const before = row(one.next(one.start(1), [1]).logProbabilities, 0);
    other.next(other.start(1), [2]);
    expect(row(one.next(one.start(1), [1]).logProbabilities, 0)).toEqual(before);
  });
});
