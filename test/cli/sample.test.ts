/** `lm sample`, `lm eval` and `lm info` on small trained runs. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, jsonLines, lm, TEXT, TINY } from './lm.ts';

let cwd = '';

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  writeFileSync(join(cwd, 'cat.txt'), TEXT);
  writeFileSync(join(cwd, 'names.txt'), 'anna\nemma\nolivia\nava\n'.repeat(10));
  const flags = [...TINY, '--quiet', '--steps', '40', '--learning-rate', '0.03', '--val-split', '0.2'];
  await lm(['train', 'names.txt', '--format', 'lines', ...flags], { cwd });
  await lm(['train', 'cat.txt', '--tokenizer', 'word', '--pretokenized', '--name', 'words', ...flags], { cwd });
  await lm(['train', 'cat.txt', '--tokenizer', 'word', '--name', 'marks', ...flags], { cwd });
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

  it.each(['words', 'marks'])('joins a prompt of words and what comes behind as text: %s', async (run) => {
    const words = ['sample', join('runs', run), '--length', '6', '--greedy'];
    const { stdout: text } = await lm([...words, '--prompt', 'the cat'], { cwd });
    expect(text).toMatch(/^the cat \w/);
    for (const way of [[], ['--beam', '1']]) {
      const frame = way.length === 0 ? words : [...words.slice(0, -1), ...way];
      expect((await lm([...frame, '--prompt', 'the cat '], { cwd })).stdout).toBe(text);
      const [json] = jsonLines((await lm([...frame, '--prompt', 'the cat ', '--json'], { cwd })).stdout);
      expect(json.prompt).toBe('the cat ');
      expect(`the cat ${json.text}`.trimEnd()).toBe(text.trimEnd());
    }
  });

  it('takes a prompt from a file, or from the standard input', async () => {
    const words = ['sample', 'runs/cat', '--length', '9', '--greedy'];
    const { stdout: text } = await lm([...words, '--prompt', 'the cat\nsat'], { cwd });
    for (const end of ['', '\n', '\r\n']) {
      writeFileSync(join(cwd, 'prompt'), `the cat\nsat${end}`);
      expect((await lm([...words, '--prompt-file', 'prompt'], { cwd })).stdout).toBe(text);
    }
    const piped = { cwd, input: 'the cat\nsat\n', encoding: 'utf8' } as const;
    expect(execFileSync(process.execPath, [BIN, ...words, '--prompt-file', '-'], piped)).toBe(text);
    const both = await lm([...words, '--prompt-file', 'prompt', '--prompt', 'a'], { cwd });
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('--prompt-file and --prompt exclude')]);
    expect((await lm([...words, '--prompt-file', 'none'], { cwd })).stderr).toMatch(/^error: .* none;/);
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

  it('does not repeat n-grams that may not: greedily, by a beam, and in groups of it', async () => {
    const repeats = (text: string, n: number): boolean => {
      const ngrams = Array.from({ length: text.length - n + 1 }, (_, i) => text.slice(i, i + n));
      return new Set(ngrams).size < ngrams.length;
    };
    const words = ['--prompt', 'the cat', '--length', '60'];
    for (const way of [['--greedy'], ['--beam', '4'], ['--beam', '4', '--beam-groups', '2', '--samples', '3']]) {
      expect(repeats((await sample(...words, ...way)).split('---\n')[0].trimEnd(), 6)).toBe(true);
      for (const text of (await sample(...words, ...way, '--no-repeat-ngram', '6')).split('---\n')) {
        expect(repeats(text.trimEnd(), 6)).toBe(false);
      }
    }
    const beam = ['--beam', '2', '--json', ...words];
    const [plain] = jsonLines(await sample(...beam));
    const [penalised] = jsonLines(await sample(...beam, '--repetition-penalty', '2', '--repetition-window', '20'));
    expect(penalised.logProbability).toBeLessThan(plain.logProbability as number);
    expect(penalised.score).toBeLessThan(penalised.logProbability as number);
    const firsts = async (strength: string): Promise<number> => {
      const groups = ['--beam', '4', '--beam-groups', '4', '--samples', '4', '--length', '3', '--json'];
      const found = jsonLines(await sample(...groups, '--beam-diversity', strength));
      return new Set(found.map(({ ids }) => (ids as number[])[0])).size;
    };
    expect([await firsts('0'), await firsts('90')]).toEqual([1, 4]);
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

describe('lm sample at a prompt', () => {
  /** What is written when lines are typed, without a terminal, or with streams that say that they are one. */
  function typed(lines: readonly string[], words: readonly string[], streams: readonly string[] = []) {
    const told = streams.map((stream) => `process.${stream}.isTTY=true;`).join('');
    const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: `--import=data:text/javascript,${told}` };
    const input = lines.map((line) => `${line}\n`).join('');
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'sample', 'runs/cat', ...words], {
      ...{ cwd, env, input, encoding: 'utf8' },
    });
    return { status, stdout, stderr };
  }
  const frame = ['--length', '8', '--greedy'];

  it('keeps the text, and lets it be changed how it goes on', async () => {
    const whole = await sample('runs/cat', '--prompt', 'the cat', '--length', '16', '--greedy');
    const { status, stdout, stderr } = typed(
      ['the cat', '', ':reset', ':length 3', 'the cat', ':quit', 'no'],
      ['--interactive', ...frame],
    );
    expect([status, stderr]).toEqual([0, '']);
    const [first, second, third, ...rest] = stdout.split('\n');
    expect(`${first}${second}\n`).toBe(whole);
    expect(first.startsWith(third)).toBe(true);
    expect(third).toHaveLength('the cat'.length + 3);
    expect(rest).toEqual(['']);
    const drawn = typed(
      ['the', ':temp 40', ':reset', 'the', ':temp', ':reset', 'the'],
      ['--interactive', ...frame, '--seed', '1'],
    );
    const [cold, hot, again] = drawn.stdout.split('\n').filter((line) => line.startsWith('the'));
    expect([cold === hot, cold === again]).toEqual([false, true]);
  });

  it('says what it does not understand, and goes on', () => {
    const { status, stdout, stderr } = typed(
      [':lenght 3', ':length x', ':nothing', ':help', '::'],
      ['--interactive', ...frame],
    );
    expect(status).toBe(0);
    expect(stderr).toMatch(/^error: There is no command :lenght, did you mean :length\?.*\n/);
    expect(stderr).toMatch(/error: :length must be a whole number, 0 or more, not x\.\n/);
    expect(stderr).toMatch(/error: There is no command :nothing: see :help/);
    expect(stderr).toMatch(/ {2}:temperature <t> {2}lower is safer.*\(now 0\)\n/);
    expect(stdout).toMatch(/^:/);
  });

  it('is there on a terminal after a text that nobody asked for in particular, and nowhere else', () => {
    const terminal = ['stdin', 'stdout'];
    expect(typed(['the cat'], frame, terminal).stdout).toContain('\nthe cat');
    expect(typed(['the cat'], frame, ['stdin']).stdout).not.toContain('\nthe cat');
    for (const asked of [['--prompt', 'a'], ['--samples', '1'], ['--json']]) {
      expect(typed(['the cat'], [...frame, ...asked], terminal).stdout).not.toContain('\nthe cat');
    }
    expect(typed([], ['--interactive', '--samples', '2']).stderr).toMatch(/--interactive and --samples exclude/);
  });
});

describe('lm score', () => {
  async function scored(...words: string[]): Promise<string> {
    const { status, stdout, stderr } = await lm(['score', ...words], { cwd });
    expect([status, stderr]).toEqual([0, '']);
    return stdout;
  }

  it('gives each line its log-probability, tokens and perplexity', async () => {
    writeFileSync(join(cwd, 'lines.txt'), 'anna\n\nemma\nnnaa\n');
    const rows = (await scored('runs/names', '--file', 'lines.txt')).split('\n').map((line) => line.split('\t'));
    expect(rows.map((row) => row.at(-1))).toEqual(['anna', '', 'emma', 'nnaa', '']);
    const objects = jsonLines(await scored('runs/names', '--file', 'lines.txt', '--json'));
    expect(objects[1]).toMatchObject({ text: '', logProbability: null, tokens: 0 });
    for (const i of [0, 2, 3]) {
      const { logProbability, tokens, perplexity } = objects[i] as Record<string, number>;
      expect(rows[i].slice(0, 3)).toEqual([logProbability.toFixed(4), '5', perplexity.toFixed(3)]);
      expect([tokens, perplexity]).toEqual([5, expect.closeTo(Math.exp(-logProbability / 5), 9)]);
    }
    expect(objects[0].logProbability).toBeGreaterThan(objects[3].logProbability as number);
    const [whole] = jsonLines((await lm(['eval', 'runs/names', 'lines.txt', '--json'], { cwd })).stdout);
    const sum = objects.reduce((total, one) => total + ((one.logProbability as number | null) ?? 0), 0);
    expect(sum).toBeCloseTo(-(whole.loss as number) * (whole.tokens as number), 3);
  });

  it('gives each token its rank, with the likeliest ones', async () => {
    const lines = (await scored('runs/names', 'ava', '--per-token', '--top', '2')).trimEnd().split('\n');
    expect(lines.map((line) => line.split('\t')[0])).toEqual(['a', 'v', 'a', '<eos>']);
    for (const line of lines) {
      const [token, log, rank, first, firstLog, , secondLog] = line.split('\t');
      expect(Number(firstLog)).toBeGreaterThanOrEqual(Number(secondLog));
      expect(rank === '1').toBe(first === token && firstLog === log);
    }
    const several = await scored('runs/names', 'ava', 'anna', '--per-token');
    expect(several).toMatch(/^(.+\n){4}\n(.+\n){5}\n$/);
  });

  it('refuses what it is not for', async () => {
    const { status, stderr } = await lm(['score', 'runs/names', 'a', '--top', '2'], { cwd });
    expect([status, stderr]).toEqual([2, 'error: --top needs --per-token.\n']);
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
