/** `lm sample`, `lm eval` and `lm info` on small trained runs. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, lm, TEXT, TINY } from './lm.ts';

let cwd = '';

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  writeFileSync(join(cwd, 'cat.txt'), TEXT);
  writeFileSync(join(cwd, 'names.txt'), 'anna\nemma\nolivia\nava\n'.repeat(10));
  const flags = [...TINY, '--quiet', '--steps', '40', '--learning-rate', '0.03', '--val-split', '0.2'];
  await lm(['train', 'names.txt', '--format', 'lines', ...flags], { cwd });
  await lm(['train', 'cat.txt', '--tokenizer', 'word', '--pretokenized', '--name', 'words', ...flags], { cwd });
  await lm(['train', 'cat.txt', ...flags], { cwd });
});

afterAll(() => rmSync(cwd, { recursive: true, force: true }));

async function sample(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await lm(['sample', ...words], { cwd });
  expect([status, stderr.replace(/^seed \d+\n$/, '')]).toEqual([0, '']);
  return stdout;
}

describe('lm sample', () => {
  it('goes on from a prompt with the newest run, as long as it is told', async () => {
    const text = await sample('--prompt', 'the cat', '--length', '30', '--greedy');
    expect(text.trimEnd().length).toBeGreaterThanOrEqual(30);
    expect(text).toMatch(/^the cat/);
    expect(text).not.toContain('\u001b');
    expect(await sample('runs/cat', '--prompt', 'the cat', '--length', '30', '--temperature', '0')).toBe(text);
    expect(await sample('runs', '--prompt', 'the cat', '--length', '30', '--beam', '1')).toBe(text);
  });

  it('repeats itself with the same seed only', async () => {
    const once = await sample('--seed', '5', '--length', '60');
    expect(await sample('--seed', '5', '--length', '60')).toBe(once);
    expect(await sample('--seed', '6', '--length', '60')).not.toBe(once);
  });

  it('writes several samples apart', async () => {
    expect((await sample('--samples', '3', '--length', '5')).split('---\n')).toHaveLength(3);
    const names = await sample('runs/names', '--samples', '6');
    expect(names.split('\n')).toHaveLength(7); // each ends a line, an empty one too
  });

  it('stops at a text, and at the length', async () => {
    const text = await sample('--prompt', 'the', '--stop', 'z', '--stop', ' ', '--length', '99', '--greedy');
    expect(text).toBe('the\n');
    expect(await sample('--length', '0')).toBe('');
  });

  it('gives JSON with text, tokens and log-probabilities', async () => {
    const words = ['--json', '--samples', '2', '--length', '8', '--seed', '3'];
    const samples = jsonLines(await sample('--prompt', 'the', ...words));
    expect(samples).toHaveLength(2);
    for (const one of samples) {
      const { text, tokens, ids, logProbabilities } = one as Record<string, string[] & number[]>;
      expect(one).toMatchObject({ prompt: 'the', seed: 3, end: 'length', run: join('runs', 'cat') });
      expect(tokens).toHaveLength(8);
      expect(tokens.join('')).toBe(text);
      expect(ids).toHaveLength(8);
      expect(logProbabilities.every((value: number) => value <= 0)).toBe(true);
      expect(one.logProbability).toBeCloseTo(
        logProbabilities.reduce((a: number, b: number) => a + b),
        9,
      );
    }
    const [document] = jsonLines(await sample('runs/names', '--json', '--length', '50'));
    expect((document.tokens as string[]).slice(0, -1)).not.toContain('<eos>');
  });

  it('finds likelier texts with a wider beam', async () => {
    const best = async (width: string) => {
      const [one] = jsonLines(await sample('runs/names', '--beam', width, '--json', '--length', '12'));
      return one.logProbability as number;
    };
    expect(await best('8')).toBeGreaterThanOrEqual(await best('1'));
    const found = jsonLines(await sample('--beam', '4', '--samples', '3', '--json', '--length', '5'));
    const scores = found.map(({ logProbability }) => logProbability as number);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(found).toHaveLength(3);
  });

  it('reads unknown characters as <unk>, with a warning, and never writes them unasked', async () => {
    const { status, stdout, stderr } = await lm(['sample', '--prompt', 'th€ ¥', '--length', '9'], { cwd });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^warning: .*2 of the prompt's tokens.*\nseed \d+\n$/);
    expect(stdout).toMatch(/^th€ ¥/);
    const words = jsonLines(await sample('runs/words', '--json', '--temperature', '50', '--length', '200'));
    expect(words[0].tokens).not.toContain('<unk>');
    const asked = await sample(
      'runs/words',
      '--json',
      '--temperature',
      '50',
      '--length',
      '200',
      '--allow-special',
      '--seed',
      '1',
    );
    expect(jsonLines(asked)[0].tokens).toContain('<unk>');
  });

  it('ends quietly when its reader goes', async () => {
    const { status, stdout, stderr } = await lm(['sample', '--length', '1000000'], { cwd, closeAfter: 20 });
    expect(stdout.length).toBeLessThan(1_000_000);
    expect([status, stderr]).toEqual([0, expect.stringMatching(/^seed \d+\n$/)]);
  });

  it('tells the seed that it drew, by which it is written again', async () => {
    const { stdout, stderr } = await lm(['sample', '--length', '60'], { cwd });
    const [, seed] = /^seed (\d+)\n$/.exec(stderr)!;
    const again = await lm(['sample', '--length', '60', '--seed', seed], { cwd });
    expect([again.stdout, again.stderr]).toEqual([stdout, '']);
    expect((await lm(['sample', '--greedy', '--length', '5'], { cwd })).stderr).toBe('');
  });

  it('looks for what it wrote in the training text', async () => {
    const WHOLE = 'all that was written stands in the training text';
    const check = (...words: string[]) => lm(['sample', ...words, '--check-copies'], { cwd });
    const wild = ['runs/cat', '--length', '40', '--temperature', '9', '--seed', '1'];
    expect((await check(...wild)).stderr).toMatch(
      /^copied from the training text: at most \d characters in a row: ".*"\n$/,
    );
    const [{ copied, text }] = jsonLines((await check(...wild, '--json')).stdout) as {
      copied: { text: string; tokens: number; whole: boolean };
      text: string;
    }[];
    expect(TEXT).toContain(copied.text);
    expect(text).toContain(copied.text);
    expect(copied).toMatchObject({ tokens: copied.text.length, whole: false });

    const names = ['runs/names', '--temperature', '1', '--length', '2', '--samples', '30', '--seed', '1'];
    const { stdout, stderr } = await check(...names);
    const lines = stderr.trim().split('\n');
    for (const [i, name] of stdout.trimEnd().split('\n').entries()) {
      const whole = name !== '' && 'anna emma olivia ava'.includes(name);
      if (!whole) expect(lines[i]).toMatch(/^copied from the training text: at most [01] characters/);
      else expect(lines[i]).toBe(`warning: ${WHOLE}, ${name.length} characters in a row: "${name}"`);
    }
    expect(stderr).toContain(WHOLE);
    expect((await check('runs/cat', '--beam', '2', '--length', '9')).stderr).toMatch(/^(copied|warning: all that)/);

    writeFileSync(join(cwd, 'gone.txt'), TEXT);
    await lm(['train', 'gone.txt', ...TINY, '--quiet', '--steps', '2'], { cwd });
    rmSync(join(cwd, 'gone.txt'));
    const gone = await check('runs/gone');
    expect([gone.status, gone.stdout]).toEqual([2, '']);
    expect(gone.stderr).toMatch(
      /^error: The text of runs\/gone is no longer at .*: put it back, or leave out --check-copies\.$/m,
    );
  });
});

describe('lm eval', () => {
  it('measures each file, and all of them', async () => {
    writeFileSync(join(cwd, 'other.txt'), 'the dog sat on the ¥.\n');
    const { status, stdout } = await lm(['eval', 'runs/cat', 'cat.txt', 'other.txt', '--json'], { cwd });
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as Record<string, number> & { files: Record<string, number | string>[] };
    expect(Object.keys(result)).toEqual(
      expect.arrayContaining(['loss', 'perplexity', 'bitsPerToken', 'bitsPerCharacter', 'tokens', 'unknown']),
    );
    expect(result.files.map(({ file }) => file)).toEqual(['cat.txt', 'other.txt']);
    expect(result.tokens).toBe(TEXT.length - 1 + 21);
    expect(result.unknown).toBe(1);
    expect(result.perplexity).toBeCloseTo(Math.exp(result.loss), 9);
    expect(result.bitsPerToken).toBeCloseTo(result.loss / Math.LN2, 9);
    // One unknown token of two bytes and an end; that the first token of a text is not told makes no difference of note.
    expect(result.bitsPerCharacter).toBeCloseTo(result.bitsPerToken + 24 / result.tokens, 2);
    expect(result.knownLoss).not.toBe(result.loss);
    expect(result.loss).toBeLessThan(2.5);
    const [first, second] = result.files as { loss: number; tokens: number }[];
    expect(result.loss).toBeCloseTo((first.loss * first.tokens + second.loss * second.tokens) / result.tokens, 9);
    const plain = await lm(['eval', 'runs/names', 'names.txt'], { cwd });
    expect(plain.stdout).toMatch(
      /^names\.txt: loss [\d.]+ {2}perplexity [\d.]+ {2}[\d.]+ bits per character {2}210 tokens, 0 unknown\n$/,
    );
  });
});

describe('lm eval without files', () => {
  it('measures what was held out, as a file of that part is measured', async () => {
    const { stdout, stderr, status } = await lm(['eval', 'runs/cat', '--json'], { cwd });
    expect([status, stderr]).toEqual([0, '']);
    const { files, heldOut, ...held } = JSON.parse(stdout) as Record<string, unknown>;
    expect([files, heldOut]).toEqual([[], true]);
    writeFileSync(join(cwd, 'tail.txt'), TEXT.slice(Math.floor(0.8 * TEXT.length)));
    const tail = await lm(['eval', 'runs/cat', 'tail.txt', '--json'], { cwd });
    const [{ file, ...same }] = (JSON.parse(tail.stdout) as { files: Record<string, unknown>[] }).files;
    expect(held).toEqual(same);
    expect((await lm(['eval', 'runs/cat'], { cwd })).stdout).toMatch(/^what the run was validated on: loss [\d.]+ /);
  });

  it('measures the file that the run was validated on, and knows it by its text', async () => {
    writeFileSync(join(cwd, 'valid.txt'), 'the dog sat on the mat\n'.repeat(4));
    await lm(['train', 'cat.txt', '--valid', 'valid.txt', '--name', 'valid', ...TINY, '--quiet', '--steps', '5'], {
      cwd,
    });
    const held = JSON.parse((await lm(['eval', 'runs/valid', '--json'], { cwd })).stdout) as { tokens: number };
    expect(held.tokens).toBe(91);
    writeFileSync(join(cwd, 'copy.txt'), TEXT);
    const { stdout, stderr } = await lm(['eval', 'runs/valid', 'copy.txt', 'valid.txt', 'names.txt', '--json'], {
      cwd,
    });
    const { files } = JSON.parse(stdout) as { files: { seen?: string }[] };
    expect(files.map(({ seen }) => seen)).toEqual(['trained', 'validated', undefined]);
    expect(stderr).toMatch(
      /^warning: runs\/valid was trained on copy\.txt: .*lm eval runs\/valid measures what was held out/m,
    );
    expect(stderr).toMatch(/^warning: runs\/valid was validated on valid\.txt, by which its weights were chosen\.$/m);
  });

  it('refuses a text that has changed or gone', async () => {
    const corpus = join(cwd, 'moved.txt');
    writeFileSync(corpus, TEXT);
    await lm(['train', 'moved.txt', ...TINY, '--quiet', '--steps', '2'], { cwd });
    writeFileSync(corpus, TEXT.replace('cat', 'dog'));
    const changed = await lm(['eval', 'runs/moved'], { cwd });
    expect([changed.status, changed.stdout]).toEqual([2, '']);
    expect(changed.stderr).toMatch(/^error: .*moved\.txt is not the text that the run began with: /);
    rmSync(corpus);
    const gone = await lm(['eval', 'runs/moved'], { cwd });
    expect(gone.status).toBe(2);
    expect(gone.stderr).toMatch(/^error: The text of runs\/moved is no longer at .*moved\.txt: name a file\.$/m);
  });
});

describe('lm info', () => {
  it('describes a run', async () => {
    const { stdout } = await lm(['info', 'runs/cat', '--json'], { cwd });
    const info = JSON.parse(stdout) as Record<string, unknown>;
    expect(info).toMatchObject({
      model: { cell: 'lstm', layers: 1, hidden: 8, embedding: 0 },
      options: { steps: 40, seed: 1 },
      training: { step: 40, reason: 'steps', valLoss: expect.any(Number) },
    });
    expect(info.parameters).toContainEqual({ name: 'rnn.weight_hh_l0', shape: [32, 8] });
    const plain = await lm(['info'], { cwd });
    expect(plain.stdout).toMatch(/rnn\.weight_hh_l0 +\[32, 8\]/);
  });

  it('describes the machine', async () => {
    const { stdout } = await lm(['info', '--system', '--json'], { cwd });
    const info = JSON.parse(stdout) as {
      node: string;
      kernels: { variant: string; usable: boolean; chosen: boolean; why: string }[];
    };
    expect(info.node).toBe(process.version);
    expect(info.kernels.map(({ variant }) => variant)).toEqual(['native', 'wide', 'fma', 'strict']);
    expect(info.kernels.filter(({ chosen }) => chosen)).toHaveLength(1);
    expect((await lm(['info', '--system'], { cwd })).stdout).toContain('strict');
  });
});

describe('the library', () => {
  it('trains, loads, samples and evaluates', () => {
    const library = fileURLToPath(new URL('../../dist/index.js', import.meta.url));
    const program = `
      import { evaluate, load, sample, train } from ${JSON.stringify(library)};
      let events = 0;
      const { run, done } = await train({
        files: ['cat.txt'], hidden: 8, layers: 1, batchSize: 4, seqLength: 8, steps: 20, threads: 1, name: 'library', onEvent: () => { events++; },
      });
      const model = load(run);
      const text = [...sample(model, { prompt: 'the', length: 10, seed: 1 })].map((token) => token.text).join('');
      const { loss } = await evaluate(model, ['cat.txt']);
      console.log(JSON.stringify({ run, step: done.step, events, length: text.length, loss }));
    `;
    writeFileSync(join(cwd, 'program.mjs'), program);
    const output = execFileSync(process.execPath, ['program.mjs'], { cwd, encoding: 'utf8' });
    const result = JSON.parse(output) as Record<string, number>;
    expect(result).toMatchObject({ run: join('runs', 'library'), step: 20, length: 10, loss: expect.any(Number) });
    expect(result.events).toBeGreaterThan(20);
  });
});
