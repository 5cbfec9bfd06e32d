/** Labels and tags, from a model's log-probabilities. */

import { describe, expect, it } from 'vitest';
import { classify, tag } from '../../src/ask/index.ts';
import { InputError } from '../../src/errors.ts';
import { characters, tinyModel, words } from './tiny.ts';

const LABELS = ['one', 'two', 'three'];

describe('classify', () => {
  const model = tinyModel({ task: 'classify', maxLength: 5 }, { tokenizer: characters('abc'), labels: LABELS });

  it('ranks all labels of each text by what the model says', () => {
    const texts = ['abc', 'c', 'bab'];
    const found = classify(model, texts);
    expect(found).toHaveLength(3);
    for (const [i, labels] of found.entries()) {
      const [values] = model.predictor.logProbabilities([model.tokenizer.encode(texts[i])]);
      expect(new Set(labels.map(({ label }) => label))).toEqual(new Set(LABELS));
      for (const { label, probability } of labels) {
        expect(probability).toBeCloseTo(Math.exp(values[LABELS.indexOf(label)]), 6);
      }
      const probabilities = labels.map(({ probability }) => probability);
      expect(probabilities).toEqual([...probabilities].sort((a, b) => b - a));
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
    expect(classify(model, [texts[2]])[0]).toEqual(found[2]);
  });

  it('refuses texts of nothing, and those that are too long, by name', () => {
    expect(() => classify(model, [''])).toThrow(new InputError('The text is empty: give at least one token.'));
    expect(() => classify(model, ['a', 'abcabc'])).toThrow(
      "Text 2 has 6 tokens, over the 5 of the run's maxLength: shorten it, or train with a larger one.",
    );
    expect(() => classify(model, ['a', ''], { where: (i) => `f.txt:${i + 7}` })).toThrow('f.txt:8 is empty');
  });
});

describe('tag', () => {
  const model = tinyModel(
    { task: 'tag', maxLength: 4 },
    { tokenizer: words('time', 'flies', "don't", '.'), labels: LABELS },
  );

  it('gives each word and mark its tags', () => {
    const [tokens, other] = tag(model, ["time   flies\u00a0don't. ", 'flies']);
    expect(tokens.map(({ token }) => token)).toEqual(['time', 'flies', "don't", '.']);
    expect(other).toHaveLength(1);
    const ids = [4, 5, 6, 7];
    const [values] = model.predictor.logProbabilities([ids]);
    for (const [at, { tags }] of tokens.entries()) {
      for (const { label, probability } of tags) {
        expect(probability).toBeCloseTo(Math.exp(values[3 * at + LABELS.indexOf(label)]), 6);
      }
      expect(tags[0].probability).toBeGreaterThanOrEqual(tags[2].probability);
    }
  });

  it('takes marks and endings off words that it does not know', () => {
    const known = words('time', 'flies', "don't", 'do', "n't", "'s", '.', '...', '(', ')', 'Ph.D.', '-');
    const model = tinyModel({ task: 'tag', maxLength: 30 }, { tokenizer: known, labels: LABELS });
    const [tokens] = tag(model, ["don't (Ph.D.)... Time's wasn't x-y (U.S.) -- ?! [time]!"]);
    const parts = "don't ( Ph.D. ) ... Time 's was n't x-y ( U.S . ) - - ?! [ time ] !";
    expect(tokens.map(({ token }) => token)).toEqual(parts.split(' '));
  });

  it('refuses a sentence of nothing, and one of too many words', () => {
    expect(() => tag(model, [' \n'])).toThrow('The text is empty');
    expect(() => tag(model, ['a\tX'])).toThrow('The text has a tab');
    expect(() => tag(model, ['a b c d e'])).toThrow('The text has 5 tokens, over the 4');
  });
});
