/** Texts drawn from a language model. */

import { describe, expect, it } from 'vitest';
import { sample, search } from '../../src/ask/index.ts';
import { createTokenizer, SPECIAL_TOKENS } from '../../src/text/index.ts';
import { tinyModel } from './tiny.ts';

describe('a model of labelled documents', () => {
  const options = { kind: 'char', pretokenized: false, lowercase: false, normalizeNewlines: false } as const;
  const labels = ['Fjord', 'Steppe'];
  const vocabulary = [...SPECIAL_TOKENS, ...'abc', ...labels.map((label) => `<label:${label}>`)];
  const model = tinyModel({ format: 'labelled' }, { tokenizer: createTokenizer(vocabulary, options, labels) });

  function draw(given: Parameters<typeof sample>[1]): string[] {
    const texts: string[] = [];
    for (const { sample: i, text } of sample(model, { samples: 100, seed: 1, length: 12, ...given })) {
      texts[i] = (texts[i] ?? '') + text;
    }
    return texts;
  }

  it('writes one label, before the text, however it is drawn', () => {
    for (const given of [
      { temperature: 0.5 },
      { temperature: 9 },
      { temperature: 9, allowSpecial: true },
      { topK: 1 },
    ]) {
      const texts = draw(given);
      const form = given.allowSpecial ? /^<label:(Fjord|Steppe)>(?!.*<label)/ : /^(Fjord|Steppe)\t[abc]*$/;
      expect(texts.filter((text) => !form.test(text))).toEqual([]);
    }
    const found = search(model, { width: 4, length: 5 });
    expect(found.filter(({ text }) => !/^(Fjord|Steppe)\t[abc]*$/.test(text))).toEqual([]);
  });

  it('writes none where one was given', () => {
    expect(draw({ temperature: 9, label: 'Fjord' }).filter((text) => !/^[abc]*$/.test(text))).toEqual([]);
  });
});
