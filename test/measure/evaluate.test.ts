/** Evaluation of each task against what its model says of each example by itself. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { classify, type Model, tag, translate } from '../../src/ask/index.ts';
import { InputError } from '../../src/errors.ts';
import { entityF1 } from '../../src/measure/entities.ts';
import { evaluate } from '../../src/measure/index.ts';
import { editDistance } from '../../src/text/edit-distance.ts';
import { BOS, EOS, UNK } from '../../src/text/index.ts';
import { characters, tinyModel, words } from '../ask/tiny.ts';
import { temporaryFolder } from '../temporary.ts';

/** Paths of files with the given texts. */
function files(...texts: string[]): string[] {
  const folder = temporaryFolder();
  return texts.map((text, i) => {
    writeFileSync(join(folder, `${i}.tsv`), text);
    return join(folder, `${i}.tsv`);
  });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const pairs = (text: string): string[][] => text.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]));

describe('lm', () => {
  /** Minus log-probabilities of the tokens after the first, read one after the other. */
  function lossesOf({ steps }: Model, ids: readonly number[]): number[] {
    let state = steps.start(1);
    return ids.slice(0, -1).map((id, at) => {
      const next = steps.next(state, [id]);
      state = next.state;
      return -next.logProbabilities[ids[at + 1]];
    });
  }

  it('reads a text as one stream, the state carried from its first token to its last', async () => {
    const tokenizer = characters('abcd');
    for (const cell of ['lstm', 'gru'] as const) {
      const model = tinyModel({ cell, layers: 2 }, { tokenizer });
      const text = 'abcdbbdacabdd'.repeat(800);
      const result = await evaluate(model, files(text), { threads: 2 });
      expect(result.tokens).toBe(text.length - 1);
      expect(result.loss).toBeCloseTo(mean(lossesOf(model, tokenizer.encode(text))), 7);
    }
  });

  it('tells the loss without unknown tokens, and spells them for the bits per character', async () => {
    const texts = 'the cat € the dog\nthe € cat <unk> sat\n';
    for (const [tokenizer, spelling] of [
      [characters('the catdogs\n<unk>'), 2 * 8 * (3 + 1)],
      // `€` twice and `dog`, `sat`; not the `<unk>` that the text itself has.
      [words('the', 'cat'), 8 * (4 + 4 + 4 + 4)],
    ] as const) {
      const given = { tokenizer: tokenizer.kind, pretokenized: tokenizer.options.pretokenized };
      const model = tinyModel(given, { tokenizer });
      const result = await evaluate(model, files(texts));
      if (result.task !== 'lm') throw new Error(result.task);
      const ids = tokenizer.encode(texts);
      const losses = lossesOf(model, ids);
      const known = losses.filter((_, at) => ids[at + 1] !== UNK);
      expect(known.length).toBeLessThan(losses.length);
      expect(result.loss).toBeCloseTo(mean(losses), 6);
      expect(result.knownLoss).toBeCloseTo(mean(known), 6);
      expect(result.perplexity).toBeCloseTo(Math.exp(result.loss), 9);
      // The first token is told by nothing; the text is taken to be alike all over.
      const characterCount = ([...texts].length * losses.length) / ids.length;
      const bits = (result.loss * losses.length) / Math.LN2 + (spelling * losses.length) / ids.length;
      expect(result.bitsPerCharacter).toBeCloseTo(bits / characterCount, 6);
    }
  });
});

describe('classify', () => {
  const labels = ['x', 'y', 'z'];
  const model = tinyModel({ task: 'classify' }, { tokenizer: characters('abc'), labels });
  const texts = ['x\tabc\ny\tcab\nx\tb\nz\tacca\n', 'y\tbbb\nx\tq\n'];

  it('counts labels that are right, of each file and of all', async () => {
    const result = await evaluate(model, files(...texts));
    if (result.task !== 'classify') throw new Error(result.task);
    const right = (list: string[][]): number[] =>
      list.map(([label, text]) => (classify(model, [text])[0][0].label === label ? 1 : 0));
    const losses = pairs(texts.join('')).map(([label, text]) => {
      const answer = classify(model, [text])[0].find((one) => one.label === label)!;
      return -Math.log(answer.probability);
    });
    expect(result.accuracy).toBe(mean(right(pairs(texts.join('')))));
    expect(result.files.map(({ accuracy }) => accuracy)).toEqual(texts.map((text) => mean(right(pairs(text)))));
    expect(result.loss).toBeCloseTo(mean(losses), 5);
    expect(result).toMatchObject({ examples: 6, tokens: 15, unknown: 1 });
    expect(result.perClass.map(({ label, support }) => [label, support])).toEqual([
      ['x', 3],
      ['y', 2],
      ['z', 1],
    ]);
    expect(result.confusion.flat().reduce((a, b) => a + b)).toBe(6);
  });

  it('takes a file of one class', async () => {
    expect(await evaluate(model, files('x\tabc\nx\tcab\n'))).not.toHaveProperty('unseen');
  });

  it('counts a label that the model does not know as an error, or refuses it with its line if strict', async () => {
    const paths = files(...texts);
    const known = await evaluate(model, paths);
    const more = files(texts[0], `${texts[1]}w\tcab\nv\tcab\n`, 'w\tb\nx\tb\n');
    const remarks: string[] = [];
    const result = await evaluate(model, more.slice(0, 2), { onRemark: ({ text }) => remarks.push(text) });
    if (result.task !== 'classify' || known.task !== 'classify') throw new Error(result.task);
    expect(result).toMatchObject({ examples: 8, unseen: 2, files: [{}, { unseen: 2 }] });
    expect(result.accuracy).toBeCloseTo((known.accuracy * 6) / 8, 12);
    expect(result.loss).toBeCloseTo(known.loss, 5);
    expect(remarks).toEqual([expect.stringMatching(/labels that occur 2 times: w, v; .* counts as an error/)]);
    // What is given to a text of no known label is a wrong answer of that label.
    const [{ label }] = classify(model, ['cab'])[0];
    const before = known.perClass.find((one) => one.label === label)!;
    const after = result.perClass.find((one) => one.label === label)!;
    const given = known.confusion.reduce((sum, row) => sum + row[labels.indexOf(label)], 0);
    expect(after.precision).toBeCloseTo((before.precision * given) / (given + 2), 12);
    expect(await evaluate(model, more.slice(1))).toMatchObject({ examples: 6, unseen: 3 });
    const strict = evaluate(model, more, { strict: true });
    await expect(strict).rejects.toThrow(InputError);
    await expect(strict).rejects.toThrow(/1\.tsv, line 3, has the label w/);
    await expect(evaluate(model, files('w\tcab\n'))).rejects.toThrow(
      /0\.tsv, line 1, has the label w, .*: it saw x, y/,
    );
  });
});

describe('tag', () => {
  const tokenizer = words('the', 'cat', 'sat', 'Ann');
  const text = 'the\tO\ncat\tO\n\nAnn\tB-P\nLee\tI-P\nsat\tO\n\nAnn\tB-P\n';

  it('counts tokens, sentences and entities', async () => {
    for (const labels of [
      ['O', 'B-P', 'I-P'],
      ['I-P', 'B-P', 'O'],
    ]) {
      const model = tinyModel({ task: 'tag' }, { tokenizer, labels }, { seed: 6, scale: 1 });
      const result = await evaluate(model, files(text));
      if (result.task !== 'tag') throw new Error(result.task);
      const wanted = [['O', 'O'], ['B-P', 'I-P', 'O'], ['B-P']];
      const given = tag(model, ['the cat', 'Ann Lee sat', 'Ann']).map((tokens) =>
        tokens.map(({ tags }) => tags[0].label),
      );
      const right = wanted.map((tags, i) => tags.map((one, at) => (one === given[i][at] ? 1 : 0)));
      expect(result.accuracy).toBeCloseTo(mean(right.flat()), 9);
      expect(result.sentenceAccuracy).toBeCloseTo(mean(right.map((one) => (one.includes(0) ? 0 : 1))), 9);
      expect(result.entityF1).toBeCloseTo(entityF1(wanted, given), 9);
      expect(result).toMatchObject({ examples: 3, tokens: 6, unknown: 1 });
    }
    const unseen = await evaluate(tinyModel({ task: 'tag' }, { tokenizer, labels: ['O', 'B-P', 'I-P'] }), [
      ...files(text, `${text}\ncat\tB-Q\nthe\tB-R\n`),
    ]);
    if (unseen.task !== 'tag') throw new Error(unseen.task);
    expect(unseen).toMatchObject({ tokens: 14, unseen: 2, files: [{}, { unseen: 2 }] });
    expect(unseen.accuracy).toBeCloseTo((unseen.files[0].accuracy * 12) / 14, 9);
    // Entities of unknown types are there to be found, and can't be.
    expect(unseen.files[1].entityF1).toBeLessThanOrEqual(unseen.files[0].entityF1!);
    const plain = tinyModel({ task: 'tag' }, { tokenizer, labels: ['O', 'B-P', 'I-P', 'NOUN'] });
    expect(await evaluate(plain, files(text))).not.toHaveProperty('entityF1');
  });
});

describe('translate', () => {
  const vocabularies = { tokenizer: characters('abc'), targetTokenizer: characters('xyz') };
  const model = tinyModel({ task: 'translate' }, vocabularies, { seed: 3, scale: 1 });

  /** Minus log of the probability of a target, and its tokens. */
  function lossOf({ translator, tokenizer, targetTokenizer }: Model, source: string, target: string): number[] {
    const decoder = translator.decoder([tokenizer.encode(source)]);
    const ids = [...targetTokenizer!.encode(target), EOS];
    let state = decoder.start(1);
    return ids.map((id, i) => {
      const step = decoder.next(state, [i === 0 ? BOS : ids[i - 1]]);
      state = step.state;
      return -step.logProbabilities[id];
    });
  }

  it('counts what is met, and how far the rest is', async () => {
    const sources = ['abc', 'b', 'ccab', 'a'];
    const given = translate(model, sources).map(([{ text }]) => text);
    // The first two are right as they are, if they were finished.
    const targets = [given[0] || 'x', given[1] || 'x', 'xyzzy', 'zz'];
    const text = sources.map((source, i) => `${source}\t${targets[i]}\n`).join('');
    const result = await evaluate(model, files(text), { threads: 2 });
    if (result.task !== 'translate') throw new Error(result.task);
    const finished = translate(model, sources).map(([one]) => one.finished);
    const exact = targets.map((target, i) => (target === given[i] && finished[i] ? 1 : 0));
    const edits = targets.map((target, i) => {
      const ids = (one: string): number[] => model.targetTokenizer!.encode(one);
      return editDistance(ids(target), ids(given[i]));
    });
    expect(result.exactMatch).toBe(mean(exact));
    expect(result.tokenErrorRate).toBeCloseTo(edits.reduce((a, b) => a + b) / targets.join('').length, 9);
    expect(result.loss).toBeCloseTo(mean(sources.flatMap((source, i) => lossOf(model, source, targets[i]))), 4);
    const searched = await evaluate(model, files(text), { threads: 1, beam: 3 });
    expect(searched).toMatchObject({ loss: result.loss, examples: 4 });
  });
});

describe('fill', () => {
  const V = 8;
  const tokenizer = characters('abcd');
  const text = 'abcdbbdacab'.repeat(90);

  it('tells each token of a stream, and of a line what is between its ends', async () => {
    const model = tinyModel({ task: 'fill' }, { tokenizer }, { scale: 1 });
    const ids = tokenizer.encode(text);
    const [whole] = model.predictor.logProbabilities([ids]);
    const [byPast] = model.predictor.pastLogProbabilities([ids]);
    const result = await evaluate(model, files(text));
    if (result.task !== 'fill') throw new Error(result.task);
    const likeliest = (at: number): number => {
      const values = [...whole.subarray(at * V, (at + 1) * V)];
      return values.indexOf(Math.max(...values));
    };
    expect(result.tokens).toBe(ids.length);
    expect(result.loss).toBeCloseTo(mean(ids.map((id, at) => -whole[at * V + id])), 5);
    expect(result.pastLoss).toBeCloseTo(mean(ids.map((id, at) => -byPast[at * V + id])), 5);
    expect(result.accuracy).toBeCloseTo(mean(ids.map((id, at) => (id === likeliest(at) ? 1 : 0))), 3);

    const lines = tinyModel({ task: 'fill', format: 'lines' }, { tokenizer }, { scale: 1 });
    const told = await evaluate(lines, files('ab\nccd\n'));
    expect(told.tokens).toBe(5);
    const sequences = ['ab', 'ccd'].map((line) => [BOS, ...tokenizer.encode(line), EOS]);
    const losses = lines.predictor
      .logProbabilities(sequences)
      .flatMap((values, i) => sequences[i].slice(1, -1).map((id, at) => -values[(at + 1) * V + id]));
    expect(told.loss).toBeCloseTo(mean(losses), 6);
  });

  it('has all of a stream before a token, and 128 tokens behind it at least', async () => {
    const model = tinyModel({ task: 'fill' }, { tokenizer }, { scale: 0.5 });
    const long = text.repeat(3);
    const ids = tokenizer.encode(long);
    const [whole] = model.predictor.logProbabilities([ids]);
    const [byPast] = model.predictor.pastLogProbabilities([ids]);
    const result = await evaluate(model, files(long));
    if (result.task !== 'fill') throw new Error(result.task);
    expect(result.loss).toBeCloseTo(mean(ids.map((id, at) => -whole[at * V + id])), 5);
    expect(result.pastLoss).toBeCloseTo(mean(ids.map((id, at) => -byPast[at * V + id])), 6);
  });
});

describe('a run without files to be measured on', () => {
  it('names one', async () => {
    const model = tinyModel({ task: 'tag', valSplit: 0 }, { tokenizer: words(), labels: ['O', 'X'] });
    await expect(evaluate(model)).rejects.toThrow(new InputError('run held out no part of its text: name a file.'));
  });
});
