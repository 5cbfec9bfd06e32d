import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { completeOptions } from '../../src/options/options.ts';
import type { RunConfig } from '../../src/run/config.ts';
import {
  outputCount,
  parseLabels,
  readVocabularies,
  type Vocabularies,
  vocabularyFiles,
} from '../../src/run/vocabularies.ts';
import { createTokenizer, SPECIAL_TOKENS } from '../../src/text/index.ts';
import { temporaryFolder } from '../temporary.ts';

const tokenizerOf = (...tokens: string[]) =>
  createTokenizer([...SPECIAL_TOKENS, ...tokens], {
    ...{ kind: 'char', pretokenized: false, lowercase: false, normalizeNewlines: false },
  });

function written(vocabularies: Vocabularies): string {
  const folder = temporaryFolder();
  for (const { file, text } of vocabularyFiles(vocabularies)) writeFileSync(join(folder, file), text);
  return folder;
}

function config(task: 'lm' | 'classify' | 'translate', vocabulary: number, classes: number | null): RunConfig {
  return { options: completeOptions({ task }), vocabulary, classes } as RunConfig;
}

describe('vocabularies', () => {
  const target = tokenizerOf('x', 'y', 'z');
  const plain = { tokenizer: tokenizerOf('a', 'b'), targetTokenizer: undefined, labels: [] };

  it('are read as they were written, by the task', () => {
    const labelled = { ...plain, labels: ['Greek', 'Old "Norse"', '日本'] };
    const read = readVocabularies(written(labelled), config('classify', 6, 3));
    expect(read.labels).toEqual(labelled.labels);
    expect(read.tokenizer.vocabulary).toEqual(plain.tokenizer.vocabulary);
    const both = readVocabularies(written({ ...plain, targetTokenizer: target }), config('translate', 6, 7));
    expect(both.targetTokenizer?.vocabulary).toEqual(target.vocabulary);
    expect(readVocabularies(written(plain), config('lm', 6, null))).toMatchObject({ labels: [] });
  });

  it('are in the text that checksums include, each of them', () => {
    const texts = [plain, { ...plain, labels: ['a', 'b'] }, { ...plain, labels: ['b', 'a'] }].map((vocabularies) =>
      vocabularyFiles(vocabularies)
        .map(({ text }) => text)
        .join(''),
    );
    expect(new Set(texts).size).toBe(3);
    const folder = written({ ...plain, labels: ['b', 'a'] });
    expect(readVocabularies(folder, config('classify', 6, 2)).vocabularyText).toBe(texts[2]);
  });

  it('say how many outputs there are to choose from, where those are not the inputs', () => {
    expect(outputCount(plain)).toBeNull();
    expect(outputCount({ ...plain, labels: ['a', 'b', 'c'] })).toBe(3);
    expect(outputCount({ ...plain, targetTokenizer: target })).toBe(7);
  });

  it('that are missing or of another size are refused', () => {
    expect(() => readVocabularies(written(plain), config('classify', 6, 2))).toThrow(/labels\.json: it does not exist/);
    const labelled = written({ ...plain, labels: ['a', 'b'] });
    expect(() => readVocabularies(labelled, config('classify', 6, 3))).toThrow(/has 2 labels, not 3/);
    expect(() => readVocabularies(labelled, config('classify', 7, 2))).toThrow(/tokenizer\.json .*has 6 tokens, not 7/);
    const pair = written({ ...plain, targetTokenizer: target });
    expect(() => readVocabularies(pair, config('translate', 6, 8))).toThrow(/target-tokenizer\.json .*7 tokens, not 8/);
  });
});

describe('labels', () => {
  it.each<[unknown]>([
    [{}],
    [null],
    ['a'],
    [[1]],
    [['a', 'a']],
    [['a', '']],
    [['a', ' ']],
    [['a', 'b\tc']],
    [['a', 'b\nc']],
    [['a', '\ud800']],
    [['a', ['b']]],
  ])('%j are refused', (json) => {
    expect(() => parseLabels(json, 'labels.json')).toThrow(InputError);
    expect(() => parseLabels(json, 'labels.json')).toThrow('labels.json is damaged');
  });

  it('may be anything else', () => {
    const labels = ['O', 'B-PER', '__proto__', ' a ', '🙂'];
    expect(parseLabels(labels, 'labels.json')).toEqual(labels);
  });
});
