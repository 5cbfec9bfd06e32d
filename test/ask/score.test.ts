/** Scores of texts are those of the model that writes them, whatever they are scored with. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Model, score, search } from '../../src/ask/index.ts';
import { InputError } from '../../src/errors.ts';
import { evaluate } from '../../src/measure/index.ts';
import { BOS, createTokenizer, EOS, SPECIAL_TOKENS } from '../../src/text/index.ts';
import { temporaryFolder } from '../temporary.ts';
import { characters, tinyModel, words } from './tiny.ts';

/** Log-probabilities of `ids` from the second on, fed one by one. */
function told({ steps }: Model, ids: readonly number[]): number[] {
  let state = steps.start(1);
  return ids.slice(0, -1).map((id, at) => {
    const step = steps.next(state, [id]);
    state = step.state;
    return step.logProbabilities[ids[at + 1]];
  });
}

const logs = (model: Model, text: string): number[] => score(model, [text])[0].tokens.map((one) => one.logProbability);

describe('score', () => {
  const tokenizer = characters('abcd\n');
  const lineEnd = tokenizer.encode('\n');

  it('reads a piece of a stream after a line end, and a document whole', () => {
    const stream = tinyModel({}, { tokenizer });
    expect(logs(stream, 'abca')).toEqual(told(stream, [...lineEnd, ...tokenizer.encode('abca')]));
    const lines = tinyModel({ format: 'lines' }, { tokenizer });
    expect(logs(lines, 'ab')).toEqual(told(lines, [BOS, ...tokenizer.encode('ab'), EOS]));
    const wordTokenizer = words('the', 'cat');
    const pretokenized = tinyModel({ tokenizer: 'word', pretokenized: true }, { tokenizer: wordTokenizer });
    expect(logs(pretokenized, 'the cat')).toEqual(told(pretokenized, [EOS, ...wordTokenizer.encode('the cat'), EOS]));
  });

  it('takes the label of a labelled document as a token', () => {
    const { options } = tokenizer;
    const withLabels = createTokenizer([...SPECIAL_TOKENS, 'a', 'b', '<label:x>', '<label:y>'], options, ['x', 'y']);
    const model = tinyModel({ format: 'labelled' }, { tokenizer: withLabels });
    expect(logs(model, 'y\tab')).toEqual(told(model, [BOS, 7, 4, 5, EOS]));
    expect(score(model, ['y\tab'])[0].tokens.map(({ text }) => text)).toEqual(['y\t', 'a', 'b', '']);
    expect(() => score(model, ['ab'])).toThrow(/^The text has no tab between label and text/);
    expect(() => score(model, ['y\ta', 'z\ta'])).toThrow(/does not know the label "z"/);
  });

  it('is the same for a text alone and among others of other lengths', () => {
    const model = tinyModel({ format: 'lines' }, { tokenizer });
    const texts = Array.from({ length: 90 }, (_, i) => 'abcd'.repeat(i % 7).slice(0, (i * 5) % 23));
    expect(score(model, texts, { alternatives: 2 })).toEqual(
      texts.map((text) => score(model, [text], { alternatives: 2 })[0]),
    );
  });

  it('adds up to the loss of lm eval, and to what a search says of its own text', async () => {
    const model = tinyModel({ format: 'lines' }, { tokenizer });
    const texts = ['abc', 'a', 'ddddddd', 'bca'];
    const file = join(temporaryFolder(), 'texts');
    writeFileSync(file, texts.join('\n'));
    const { loss, tokens } = await evaluate(model, [file]);
    const scores = score(model, texts);
    expect(scores.flatMap((one) => one.tokens)).toHaveLength(tokens);
    expect(scores.reduce((sum, { logProbability }) => sum + logProbability, 0)).toBeCloseTo(-loss * tokens, 4);
    for (const { text, finished, logProbability } of search(model, { width: 5, length: 12 })) {
      if (finished) expect(score(model, [text])[0].logProbability).toBeCloseTo(logProbability, 5);
    }
    for (const { logProbability, perplexity, tokens: all } of scores) {
      expect(perplexity).toBeCloseTo(Math.exp(-logProbability / all.length), 12);
    }
  });

  it('ranks each token among all, and names the likeliest', () => {
    const model = tinyModel({ format: 'lines' }, { tokenizer });
    const V = tokenizer.vocabulary.length;
    const [{ tokens }] = score(model, ['abcd'], { alternatives: V });
    for (const { token, logProbability, rank, alternatives } of tokens) {
      expect(alternatives).toHaveLength(V);
      expect(alternatives[rank - 1]).toEqual({ token, logProbability });
      const values = alternatives.map((one) => one.logProbability);
      expect(values).toEqual([...values].sort((a, b) => b - a));
    }
    expect(score(model, ['abcd'])[0].tokens[0].alternatives).toEqual([]);
  });

  it('counts what it does not know as <unk>, and refuses a text of nothing', () => {
    const model = tinyModel({}, { tokenizer });
    const [{ unknown, tokens }] = score(model, ['a☃b']);
    expect([unknown, tokens.map(({ text }) => text)]).toEqual([1, ['a', '<unk>', 'b']]);
    expect(() => score(model, ['a', ''])).toThrow(InputError);
    const other = tinyModel({ task: 'classify' }, { tokenizer, labels: ['x', 'y'] });
    expect(() => score(other, ['a'])).toThrow(/classify/);
  });
});
