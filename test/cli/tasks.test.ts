/** Each task from end to end: trained for seconds on its own corpus, evaluated, asked, stopped and gone on with. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/interop/index.ts';
import { temporaryFolder } from '../temporary.ts';
import { BIN, jsonLines, lm } from './lm.ts';

const corpus = (name: string): string => fileURLToPath(new URL(`../../corpora/${name}`, import.meta.url));

/** What each task is tried on, with the flags of a model that learns it in seconds. */
const TASKS = {
  classify: [corpus('names.tsv'), '--hidden', '32', '--steps', '150'],
  tag: [corpus('tags.tsv'), '--hidden', '32', '--steps', '120'],
  translate: [corpus('numbers.tsv'), '--target-tokenizer', 'word', '--layers', '1', '--hidden', '48', '--steps', '250'],
  fill: [corpus('names.txt'), '--format', 'lines', '--layers', '1', '--hidden', '32', '--steps', '200'],
  lm: [corpus('names.tsv'), '--format', 'labelled', '--layers', '1', '--hidden', '48', '--steps', '150'],
};
type Name = keyof typeof TASKS;
const NAMES = Object.keys(TASKS) as Name[];

let cwd = '';

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  for (const task of NAMES) {
    const flags = ['--task', task, '--learning-rate', '0.01', '--kernel', 'strict', '--out', task, '--quiet'];
    expect(await lm(['train', ...TASKS[task], ...flags], { cwd })).toEqual({ status: 0, stdout: '', stderr: '' });
  }
}, 120_000);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function output(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lm(words, { cwd });
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

async function evaluation(run: Name): Promise<Record<string, unknown> & Record<string, number>> {
  const file = TASKS[run][0];
  const { status, stdout, stderr } = await lm(['eval', run, file, '--json'], { cwd });
  expect([status, stderr]).toEqual([0, expect.stringContaining(`warning: ${run} was trained on ${file}: `)]);
  const held = JSON.parse(await output('eval', run, '--json'));
  const whole = JSON.parse(stdout);
  expect(held).toMatchObject({ task: whole.task, heldOut: true });
  expect(Object.keys(held)).toEqual(Object.keys(whole));
  expect(held.tokens).toBeLessThan(whole.tokens);
  return whole;
}

async function refused(words: readonly string[], message: RegExp): Promise<void> {
  const { status, stdout, stderr } = await lm(words, { cwd });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^error: [^\n]+[.)]\n$/);
  expect([status, stdout]).toEqual([2, '']);
}

describe('a few seconds of training', () => {
  it('teach which style a name has', async () => {
    const result = await evaluation('classify');
    expect(result).toMatchObject({ task: 'classify', examples: 600, files: [{ examples: 600 }] });
    expect(result.accuracy).toBeGreaterThan(0.8);
    expect(result.macroF1).toBeGreaterThan(0.8);
    expect(result.perClass).toHaveLength(6);
    expect(result.confusion).toHaveLength(6);
  });

  it('teach parts of speech', async () => {
    const result = await evaluation('tag');
    expect(result.accuracy).toBeGreaterThan(0.95);
    expect(result.sentenceAccuracy).toBeGreaterThan(0.6);
    expect(result).not.toHaveProperty('entityF1');
  });

  it('teach to write numbers in words', async () => {
    const result = await evaluation('translate');
    expect(result.exactMatch).toBeGreaterThan(0.6);
    expect(result.tokenErrorRate).toBeLessThan(0.15);
    expect(result.loss).toBeLessThan(0.3);
  });

  it('teach to tell a letter by those on both sides, better than by those before alone', async () => {
    const result = await evaluation('fill');
    expect(result.loss).toBeLessThan(0.92 * result.pastLoss);
    expect(result.accuracy).toBeGreaterThan(0.3);
  });

  it('teach names of a style', async () => {
    const result = await evaluation('lm');
    expect(result.loss).toBeLessThan(2.3);
    const text = await output('sample', 'lm', '--label', 'Island', '--prompt', 'Ka', '--samples', '4', '--seed', '1');
    expect(text).toMatch(/^(Ka\S*\n){4}$/);
    const chosen = await output('sample', 'lm', '--samples', '6', '--seed', '1');
    for (const line of chosen.trimEnd().split('\n')) {
      expect(line).toMatch(/^(Island|Steppe|Harbor|Fjord|Burrow|Forest)\t\S+$/);
    }
    const [{ tokens }] = jsonLines(await output('sample', 'lm', '--json', '--label', 'Fjord', '--temperature', '9'));
    expect((tokens as string[]).some((token) => token.startsWith('<label:'))).toBe(false);
  });

  it('are told about in full: what there is, and how much of the work is padding', async () => {
    const words = ['train', ...TASKS.translate, '--task', 'translate', '--steps', '1', '--out', 'once'];
    const told = await output(...words);
    expect(told).toMatch(/numbers\.tsv: 3,600 pairs \([\d,]+ tokens\) to train on, 400 to validate on/);
    expect(told).toMatch(/vocabulary of 14 for sources, of \d+ for targets; .*; padding [\d.]+ % of what is computed/);
    expect(told).toMatch(
      /lstm 1 x 48, embedding 48, bidirectional, side by side, general attention: [\d,]+ parameters/,
    );
    expect(told).toMatch(/Next: (npx )?lm predict once "a text"/);
    const [start] = jsonLines(await output(...words, '--overwrite', '--json'));
    expect(start.padding).toBeGreaterThan(0);
  });
});

describe('lm predict', () => {
  it('gives labels, the likeliest first', async () => {
    const three = await output('predict', 'classify', 'Kaleo', '--top', '3');
    expect(three).toMatch(/^([A-Z][a-z]+ +[\d.]+ %\n){3}$/);
    const both = await output('predict', 'classify', 'Kaleo', 'Branvik');
    expect(both).toMatch(/^[A-Z][a-z]+ +[\d.]+ % {2}Kaleo\n[A-Z][a-z]+ +[\d.]+ % {2}Branvik\n$/);
    const [one] = jsonLines(await output('predict', 'classify', 'Kaleo', '--json', '--top', '2'));
    expect(one).toMatchObject({ text: 'Kaleo', run: 'classify' });
    expect(one.label).toBe((one.labels as string[])[0]);
    expect(one.probability).toBe((one.probabilities as number[])[0]);
    expect(one.labels).toHaveLength(2);
  });

  it('gives tags as lines to train on', async () => {
    expect(await output('predict', 'tag', 'the small doctors run .', 'every statue')).toBe(
      'the\tDET\nsmall\tADJ\ndoctors\tNOUN\nrun\tVERB\n.\tPUNCT\n\nevery\tDET\nstatue\tNOUN\n\n',
    );
    expect(await output('predict', 'tag', 'every statue')).toBe('every\tDET\nstatue\tNOUN\n');
    const [one] = jsonLines(await output('predict', 'tag', 'the doctors', '--json', '--top', '2'));
    expect(one).toMatchObject({ tokens: ['the', 'doctors'], tags: ['DET', 'NOUN'] });
    expect((one.alternatives as unknown[][]).map(({ length }) => length)).toEqual([2, 2]);
  });

  it('gives translations: one, some by a beam, some drawn, with their alignment', async () => {
    expect(await output('predict', 'translate', '4231', '17')).toMatch(/^four thousand .*\n.*\n$/);
    const searched = jsonLines(await output('predict', 'translate', '42', '--beam', '4', '--top', '3', '--json'));
    expect(searched).toHaveLength(3);
    expect(searched[0]).toMatchObject({ text: '42', translation: expect.any(String), finished: true });
    const scores = searched.map(({ score }) => score as number);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const drawing = ['--temperature', '1.5', '--samples', '5', '--json'];
    const drawn = await output('predict', 'translate', '42', ...drawing);
    expect(await output('predict', 'translate', '42', ...drawing, '--seed', '1')).toBe(drawn);
    expect(jsonLines(drawn)).toHaveLength(5);
    const diverse = ['--beam', '4', '--beam-groups', '4', '--beam-diversity', '90', '--top', '4', '--json'];
    const apart = jsonLines(await output('predict', 'translate', '42', ...diverse));
    expect(new Set(apart.map(({ ids }) => (ids as number[])[0])).size).toBe(4);
    const [once] = jsonLines(await output('predict', 'translate', '2222', '--no-repeat-ngram', '1', '--json'));
    expect(new Set(once.ids as number[]).size).toBe((once.ids as number[]).length);
    const shown = (await output('predict', 'translate', '342', '--show-attention')).split('\n');
    expect(shown[1].trim()).toBe('3 4 2');
    expect(shown.slice(2).join('\n')).toMatch(/three +.*[░▒▓█]/);
  });

  it('fills blanks', async () => {
    expect(await output('predict', 'fill', 'Ma____a')).toMatch(/^Ma\S+a\n$/);
    const five = await output('predict', 'fill', 'Mar____a', '--length', '1', '--top', '5');
    expect(five).toMatch(/^( *[\d.]+ % {2}Mar.a\n){5}$/);
    const [one] = jsonLines(await output('predict', 'fill', 'Ma____', '--length', '2', '--json'));
    expect(one).toMatchObject({ text: 'Ma____', filled: `Ma${(one.blanks as string[])[0]}` });
    expect((one.logProbabilities as number[][])[0]).toHaveLength(2);
    const drawn = jsonLines(
      await output('predict', 'fill', 'Ma____', '--temperature', '1', '--samples', '3', '--json'),
    );
    expect(drawn).toHaveLength(3);
  });

  it('asks about the lines of a file, or of the standard input', async () => {
    writeFileSync(join(cwd, 'some.txt'), 'Kaleo\r\nBranvik\n');
    const both = await output('predict', 'classify', '--file', 'some.txt');
    expect(both).toBe(await output('predict', 'classify', 'Kaleo', 'Branvik'));
    const piped = execFileSync(process.execPath, [BIN, 'predict', 'classify'], {
      ...{ cwd, input: 'Kaleo\nBranvik', encoding: 'utf8' },
    });
    expect(piped).toBe(both);
    const many = execFileSync(process.execPath, [BIN, 'predict', 'translate'], {
      ...{ cwd, input: Array.from({ length: 600 }, (_, i) => `${i}\n`).join(''), encoding: 'utf8' },
    });
    expect(many.trimEnd().split('\n')).toHaveLength(600);
  });

  it('says when it does not know a character', async () => {
    const { status, stdout, stderr } = await lm(['predict', 'classify', 'K☃leo'], { cwd });
    expect([status, stdout === '']).toEqual([0, false]);
    expect(stderr).toBe('warning: the model does not know 1 of the tokens, and reads each as <unk>.\n');
  });
});

describe('the library', () => {
  it('answers as the command does', async () => {
    const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
    const program = `
      import { classify, evaluate, fill, load, tag, train, translate } from ${JSON.stringify(library)};
      const [[label]] = classify(load('classify'), ['Kaleo']);
      const [tokens] = tag(load('tag'), ['the doctors run']);
      const [[{ text }]] = translate(load('translate'), ['42'], { beam: 2 });
      const [[filling]] = fill(load('fill'), ['Ma____a']);
      const { run } = await train({ task: 'classify', files: [${JSON.stringify(TASKS.classify[0])}], hidden: 8, steps: 5, out: 'library' });
      const result = await evaluate(load(run), [${JSON.stringify(TASKS.classify[0])}]);
      console.log(JSON.stringify({ label, tags: tokens.map(({ tags }) => tags[0].label), text, filled: filling.text, task: result.task }));
    `;
    writeFileSync(join(cwd, 'program.mjs'), program);
    const { label, ...rest } = JSON.parse(
      execFileSync(process.execPath, ['program.mjs'], { cwd, encoding: 'utf8' }),
    ) as Record<string, unknown>;
    const [asked] = jsonLines(await output('predict', 'classify', 'Kaleo', '--json'));
    expect(label).toEqual({ label: asked.label, probability: asked.probability });
    expect(rest).toEqual({
      tags: ['DET', 'NOUN', 'VERB'],
      text: (await output('predict', 'translate', '42', '--beam', '2')).trimEnd(),
      filled: (await output('predict', 'fill', 'Ma____a')).trimEnd(),
      task: 'classify',
    });
  });
});

describe('what can not be', () => {
  const file = (name: string, text: string): string => {
    writeFileSync(join(cwd, name), text);
    return name;
  };
  const twoClasses = 'a\tone\nb\ttwo\n';

  it.each([
    ['a line without a tab', 'classify', 'x\ty\nno tab\n', /bad\.tsv, line 2,/],
    ['an empty label', 'classify', `${twoClasses}\tthree\n`, /bad\.tsv, line 3,/],
    ['an empty text', 'classify', `${twoClasses}a\t\n`, /bad\.tsv, line 3,/],
    ['one class only', 'classify', 'a\tone\na\ttwo\n', /bad\.tsv .*label a/],
    ['a token without a tag', 'tag', 'the\tDET\ncat\n', /bad\.tsv, line 2,/],
    ['a source without a target', 'translate', 'one\t1\ntwo\t\n', /bad\.tsv, line 2,/],
    ['a label without a text', 'lm', 'a\tone\nb\n', /bad\.tsv, line 2,/],
  ])('%s', async (_, task, text, message) => {
    const format = task === 'lm' ? ['--format', 'labelled'] : [];
    await refused(['train', file('bad.tsv', text), '--task', task, ...format, '--out', 'never'], message);
  });

  it('an example longer than --max-length', async () => {
    const words = ['train', file('long.tsv', 'a\tone\nb\tthree\n'), '--task', 'classify', '--out', 'never'];
    await refused([...words, '--strict', '--max-length', '4'], /long\.tsv, line 2, .*5 tokens.*--max-length/);
  });

  it('an unknown label or tag in evaluation', async () => {
    await refused(['eval', 'classify', file('new.tsv', 'Desert\tAbu\n')], /new\.tsv, line 1, .*Desert/);
    await refused(
      ['eval', 'tag', '--strict', file('new.tsv', 'the\tDET\n\na\tARTICLE\n')],
      /new\.tsv, line 3, .*ARTICLE/,
    );
    await refused(['eval', 'lm', file('new.tsv', 'Desert\tAbu\n')], /new\.tsv, line 1, .*Desert/);
  });

  it('another text than the one that a run began with, whatever is in it', async () => {
    for (const text of ['Desert\tAbu\nDune\tBa\n', 'no tab\n']) {
      await refused(
        ['train', file('other.tsv', text), '--resume', 'classify'],
        /other\.tsv is not the text that the run/,
      );
    }
  });

  it('the wrong command for a task', async () => {
    await refused(['predict', 'lm', 'x'], /lm is a language model.*use lm sample/);
    await refused(['score', 'classify', 'x'], /classify is a model of --task classify.*use lm predict/);
    await refused(['sample', 'classify'], /classify is a model of --task classify.*use lm predict/);
    await refused(['sample', 'lm', '--label', 'Desert'], /does not know the label "Desert".*such as/);
    await refused(['sample', 'lm', '--prompt', 'Ka'], /give --label/);
    await refused(['train', '--init-from', 'tag', TASKS.tag[0]], /--init-from is for language models, not --task tag/);
  });

  it('a text of nothing, without a blank, or too long', async () => {
    await refused(['predict', 'classify', ''], /The text is empty/);
    await refused(['predict', 'classify', '--file', file('empty.txt', '')], /empty\.txt is empty/);
    await refused(['predict', 'classify', 'Fjord\tBran'], /The text has a tab/);
    await refused(['predict', 'fill', 'Mar_a'], /no blank.*____/);
    const long = ['predict', 'translate', '7'.repeat(1001)];
    await refused([...long, '--strict'], /1001 tokens, over the 1000 of the run's --max-length/);
  });

  it.each([
    ['classify x --beam 2', /--beam is for runs of --task translate or fill, and classify is of classify/],
    ['tag x --show-attention', /--show-attention is for runs of --task translate/],
    ['translate x --top 2', /--top 2 is more than greedy decoding/],
    ['translate x --beam 2 --top 3', /--top 3 is more than --beam 2/],
    ['translate x --length-penalty 1', /--length-penalty needs --beam/],
    ['translate x --seed 1', /give --temperature too/],
    ['fill x____ --temperature 1 --beam 2', /--temperature draws, and --beam is for a search/],
    ['fill ____x____ --top 2', /2 blanks/],
    ['classify x --file some.txt', /exclude each other/],
    ['classify x --top 0', /--top must be/],
  ])('lm predict %s', (words, message) => refused(['predict', ...words.split(' ')], message));
});

describe('every task', () => {
  const tensors = (run: string, file: string) => {
    const { tensors } = decodeSafetensors(readFileSync(join(run, file)), file);
    return new Map(tensors.map(({ name, data }) => [name, [...data]]));
  };
  const SMALL = '--hidden 8 --layers 2 --batch-size 16 --kernel strict --dropout 0.2 --eval-every 9 --json'.split(' ');

  it.each(NAMES)('goes on with the bits of the run that never stopped, on more threads too: %s', async (task) => {
    const folder = temporaryFolder();
    const [text, ...flags] = TASKS[task].filter(
      (word, i, all) => ![word, all[i - 1]].some((one) => /layers|hidden|steps/.test(one ?? '')),
    );
    const words = ['train', text, ...flags, '--task', task, ...SMALL, '--steps', '40', '--checkpoint-every', '5'];
    const whole = await lm([...words, '--threads', '2', '--out', 'whole'], { cwd: folder });
    expect([whole.status, whole.stderr]).toEqual([0, '']);
    const stopped = await lm([...words, '--threads', '1', '--out', 'stopped'], {
      cwd: folder,
      stopAfter: '"step":12,',
    });
    expect(stopped.status).toBe(130);
    const rest = await lm(['train', '--resume', 'stopped', '--threads', '2', '--json'], { cwd: folder });
    expect([rest.status, rest.stderr]).toEqual([0, '']);
    for (const file of ['model.safetensors', 'checkpoint.safetensors']) {
      expect(tensors(join(folder, 'stopped'), file)).toEqual(tensors(join(folder, 'whole'), file));
    }
  });
});
