/** Translations: every way of decoding, on a tiny model with random weights. */

import { describe, expect, it } from 'vitest';
import { translate } from '../../src/ask/index.ts';
import { beam } from '../../src/decode/index.ts';
import { InputError } from '../../src/errors.ts';
import { BOS, EOS, PAD, UNK } from '../../src/text/index.ts';
import { characters, tinyModel } from './tiny.ts';

const VOCABULARIES = { tokenizer: characters('abcd'), targetTokenizer: characters('xyz') };
const TEXTS = ['ab', 'dcbaabcd', 'c', 'ab', 'bdbd'];

describe.each(['none', 'dot', 'general'] as const)('with attention %s', (attention) => {
  const model = tinyModel({ task: 'translate', attention, merge: 'sum', hidden: 5 }, VOCABULARIES, {
    seed: 4,
    scale: 1,
  });

  it('is greedy by default, and the same whatever else is translated', () => {
    const found = translate(model, TEXTS);
    for (const [i, [one]] of found.entries()) {
      expect(translate(model, [TEXTS[i]])[0][0]).toEqual(one);
      const decoder = model.translator.decoder([model.tokenizer.encode(TEXTS[i])]);
      const [best] = beam(decoder, { prompt: [BOS], width: 1, length: 8, eos: EOS, forbidden: [UNK, BOS, PAD] });
      expect(one.tokens).toEqual(best.tokens);
      expect(one.finished).toBe(best.finished);
      expect(one.text).toBe(model.targetTokenizer!.decode(best.tokens));
      expect(one.logProbability).toBeCloseTo(best.logProbability, 4);
    }
  });

  it('searches with a beam, best first', () => {
    const [found] = translate(model, ['dcba'], { beam: 6 });
    expect(found).toHaveLength(6);
    const scores = found.map(({ score }) => score!);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(found[0].logProbability).toBeGreaterThanOrEqual(translate(model, ['dcba'])[0][0].logProbability);
    const [long] = translate(model, ['dcba'], { beam: 6, lengthPenalty: 3 });
    expect(long[0].tokens.length).toBeGreaterThanOrEqual(found[0].tokens.length);
  });

  it('draws by seed, each text on its own', () => {
    const options = { temperature: 1, samples: 40 };
    const [once, other] = translate(model, ['ab', 'dd'], { ...options, seed: 3 });
    expect(translate(model, ['dd'], { ...options, seed: 3 })[0]).toEqual(other);
    expect(translate(model, ['ab'], { ...options, seed: 4 })[0]).not.toEqual(once);
    expect(once).toHaveLength(40);
    expect(new Set(once.map(({ text }) => text)).size).toBeGreaterThan(3);
    const [cold] = translate(model, ['ab'], { temperature: 0 });
    expect(cold[0].tokens).toEqual(translate(model, ['ab'])[0][0].tokens);
  });

  it('shows where the decoder looks', () => {
    const [[one]] = translate(model, ['dcba'], { attention: true });
    if (attention === 'none') {
      expect(one.attention).toBeUndefined();
      return;
    }
    expect(one.attention).toHaveLength(one.tokens.length);
    for (const weights of one.attention!) {
      expect(weights).toHaveLength(4);
      expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
  });
});

it('ends at the length asked for, or that of the longest target', () => {
  const model = tinyModel({ task: 'translate' }, VOCABULARIES, { seed: 2 });
  for (const limit of [2, 8]) {
    const [[{ tokens, finished }]] = translate(model, ['abcd'], limit === 8 ? {} : { length: limit });
    if (finished) expect(tokens.at(-1)).toBe(EOS);
    else expect(tokens).toHaveLength(limit);
    expect(tokens.length).toBeLessThanOrEqual(limit);
  }
  expect(translate(model, ['ab'], { length: 2 })[0][0].tokens.length).toBeLessThanOrEqual(2);
  expect(() => translate(model, ['ab'], { length: 0 })).toThrow(InputError);
  expect(() => translate(model, [''])).toThrow(InputError);
});
