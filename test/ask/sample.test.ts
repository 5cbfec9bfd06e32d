/** Texts drawn from a language model. */

import { describe, expect, it } from 'vitest';
import { classify, fill, sample, search, tag, translate } from '../../src/ask/index.ts';
import { InputError } from '../../src/errors.ts';
import { evaluate } from '../../src/measure/index.ts';
import { createTokenizer, SPECIAL_TOKENS } from '../../src/text/index.ts';
import { characters, tinyModel, words } from './tiny.ts';

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

it('a misspelt option is refused, whatever a model is asked', async () => {
  const tokenizer = characters('ab');
  const lm = tinyModel({}, { tokenizer });
  const labels = ['x', 'y'];
  const slips: [string, () => unknown][] = [
    ['temprature', () => sample(lm, { temprature: 1 } as object)],
    ['topk', () => search(lm, { width: 2, topk: 3 } as { width: number })],
    [
      'were',
      () => classify(tinyModel({ task: 'classify' }, { tokenizer, labels }), ['a'], { were: () => '' } as object),
    ],
    ['top', () => tag(tinyModel({ task: 'tag' }, { tokenizer: words('a'), labels }), ['a'], { top: 1 } as object)],
    [
      'beams',
      () =>
        translate(tinyModel({ task: 'translate' }, { tokenizer, targetTokenizer: tokenizer }), ['a'], {
          beams: 1,
        } as object),
    ],
    ['len', () => fill(tinyModel({ task: 'fill' }, { tokenizer }), ['a ____'], { len: 1 } as object)],
  ];
  for (const [name, ask] of slips) expect(ask).toThrow(new RegExp(`^there is no option "${name}"; there are \\w+`));
  for (const [, ask] of slips) expect(ask).toThrow(InputError);
  await expect(evaluate(lm, ['a.txt'], { thread: 1 } as object)).rejects.toThrow(
    'there is no option "thread"; there are lossy',
  );
});
