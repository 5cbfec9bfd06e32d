/** Nothing from a model, a corpus or a name moves a terminal's cursor or changes its state; in a pipe all is as it is. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shellWord } from '../../src/cli/format.ts';
import { barLine, printable } from '../../src/cli/terminal.ts';
import { type LmOptions, lm, TINY } from './lm.ts';

/** Control characters but newline and tab, and marks that change the direction of what follows. */
const UNSAFE = /(?![\n\t])\p{Cc}|\p{Bidi_Control}/u;

/** Erasing the screen in its 7-bit and 8-bit form, a bell, a line drawn over, a deletion, and text turned round. */
const TRICKS = 'abc\x1b[2Jdef\x9b1Aghi\x07jkl\rmno\x7fpqr\u202estu\u2066vwx\0yz\n'.repeat(40);

describe('printable', () => {
  it('leaves nothing that is unsafe, and all else as it is', () => {
    const text = fc.string({ unit: fc.oneof(fc.string({ unit: 'binary', maxLength: 1 }), fc.constantFrom(...TRICKS)) });
    const property = fc.property(text, (one) => {
      expect(printable(one)).not.toMatch(UNSAFE);
      if (!UNSAFE.test(one)) expect(printable(one)).toBe(one);
    });
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });

  it('shows what was there', () => {
    expect(printable('a\x1b[2J\x9b\x7f\r\n\t\u202eé語🙂')).toBe('a\\x1b[2J\\x9b\\x7f\\x0d\n\t\\u202eé語🙂');
  });
});

describe('shellWord', () => {
  it('is the word again to a shell, and safe', () => {
    for (const word of ['runs/my', 'my book', "it's", 'a\x1b[2Jb', "\x07it's \\ 1", 'é語', '', '$HOME `x`']) {
      expect(shellWord(word)).not.toMatch(UNSAFE);
      expect(execFileSync('bash', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' })).toBe(word);
    }
  });
});

describe('barLine', () => {
  const parts = ['loss 1.234', '0:59 left', 'step 12', '1.780 bits per character', '21,293 tokens/s'];

  it('gives way first, and then what stands at the end; loss and time stay', () => {
    expect(barLine(0.5, parts, 120)).toBe(`${'━'.repeat(12)}${'─'.repeat(12)} 50 %  ${parts.join('  ')}`);
    for (let columns = 28; columns < 130; columns++) {
      const line = barLine(0.5, parts, columns);
      expect(line.length).toBeLessThanOrEqual(columns);
      expect(line).toContain('50 %  loss 1.234  0:59 left');
    }
    expect(barLine(0.5, parts, 40)).toBe('50 %  loss 1.234  0:59 left  step 12');
    expect(barLine(0, ['loss 1.234', '0:59 left'], 40)).toBe(`${'─'.repeat(13)} 0 %  loss 1.234  0:59 left`);
    expect(barLine(1, parts, 3)).toBe('10…');
  });
});

describe('the command', () => {
  /** Makes a stream say that it is a terminal. */
  const terminal = (stream: 'stdout' | 'stderr'): Pick<LmOptions, 'env'> => ({
    env: { NODE_OPTIONS: `--import=data:text/javascript,process.${stream}.isTTY=true` },
  });
  const NAME = 'a\x1b[2J\x9b1A\u202eb.txt';
  let cwd = '';

  beforeAll(async () => {
    cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
    writeFileSync(join(cwd, NAME), TRICKS);
    const flags = ['--steps', '30', '--quiet', ...TINY];
    await lm(['train', NAME, '--out', 'run', ...flags], { cwd });
    await lm(['train', NAME, '--out', 'filled', '--task', 'fill', ...flags], { cwd });
    writeFileSync(join(cwd, 'labels'), `a\x1b[2J\t${TRICKS.slice(0, 20)}\n\x9b\u202e\tb\x07\n\n`.repeat(20));
    const quick = flags.filter((flag, i) => ![flag, flags[i - 1]].includes('--seq-length'));
    for (const task of ['classify', 'tag', 'translate']) {
      await lm(['train', 'labels', '--task', task, '--out', task, ...quick], { cwd });
    }
  });
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));

  it.each([
    ['sample', ['sample', 'run', '--temperature', '2', '--length', '2000', '--seed', '1']],
    ['sample --prompt', ['sample', 'run', '--prompt', 'abc\x1b[2J', '--length', '5']],
    ['sample --beam', ['sample', 'run', '--beam', '2', '--prompt', '\x1b\x9b', '--length', '50']],
    ['score', ['score', 'run', 'abc\x1b[2J', '\x9b']],
    ['score --per-token', ['score', 'run', 'abc\x1b[2J\x9b', '--per-token']],
    ['sample --json', ['sample', 'run', '--json', '--temperature', '2', '--length', '2000', '--seed', '1']],
    ['predict', ['predict', 'classify', 'b\x07', '--top', '2']],
    ['predict of many', ['predict', 'classify', 'b\x07', '\x9b']],
    ['predict of tags', ['predict', 'tag', 'b\x07 \x1b[2J', '--top', '2']],
    ['predict of translations', ['predict', 'translate', 'b\x07', '--show-attention', '--beam', '2', '--top', '2']],
    ['predict of blanks', ['predict', 'filled', 'ghi\x07____kl', '--top', '3']],
    ['predict --json', ['predict', 'translate', 'a\x1b[2J', '--json', '--temperature', '3', '--samples', '5']],
    ['eval of labels', ['eval', 'classify', 'labels']],
    ['info of labels', ['info', 'classify']],
    ['eval', ['eval', 'run', NAME]],
    ['eval --json', ['eval', 'run', NAME, '--json']],
    ['info', ['info', 'run']],
    ['info --json', ['info', 'run', '--json']],
  ])('shows escapes on a terminal: lm %s', async (_, words) => {
    const { status, stdout } = await lm(words, { cwd, ...terminal('stdout') });
    expect(status).toBe(0);
    expect(stdout).not.toBe('');
    expect(stdout).not.toMatch(UNSAFE);
  });

  it('shows escapes on a terminal: lm train, with its samples', async () => {
    const flags = ['--steps', '4', '--eval-every', '2', '--overwrite', ...TINY];
    const { status, stdout, stderr } = await lm(['train', NAME, ...flags], { cwd, ...terminal('stdout') });
    expect(status).toBe(0);
    expect(stderr).toMatch(/end with CR/);
    expect(stdout).toContain('corpus  a\\x1b[2J\\x9b1A\\u202eb.txt');
    expect(stdout).not.toMatch(UNSAFE);
    renameSync(join(cwd, 'runs'), join(cwd, '\x1b[2J'));
    for (const words of [
      ['train', 'no\x1b[2J.txt'],
      ['sample', '\x9b2J'],
      ['info', '\x1b[2J'],
      ['\x1b[2J'],
      ['eval', 'run', '\x07'],
    ]) {
      const { stderr } = await lm([...words, '--debug'], { cwd, ...terminal('stderr') });
      expect(stderr).not.toMatch(UNSAFE);
    }
  });

  it('writes the text as it is into a pipe', async () => {
    const words = ['sample', 'run', '--temperature', '2', '--length', '2000', '--seed', '1'];
    const { stdout } = await lm(words, { cwd });
    for (const character of new Set(TRICKS)) expect(stdout).toContain(character);
    const { stdout: json } = await lm([...words, '--json'], { cwd });
    expect(`${(JSON.parse(json) as { text: string }).text}\n`.replace(/\n\n$/, '\n')).toBe(stdout);
  });

  it('breaks no word at 40 columns', async () => {
    const text = 'The keeper of the lamp walks home, and nobody remembers where the wanderers went. '.repeat(40);
    writeFileSync(join(cwd, 'words.txt'), text);
    const words = [
      'train',
      'words.txt',
      '--tokenizer',
      'word',
      '--steps',
      '4',
      '--eval-every',
      '2',
      '--overwrite',
      ...TINY,
    ];
    const narrow = 'process.stdout.isTTY=true;process.stdout.columns=40';
    const { status, stdout } = await lm(words, {
      cwd,
      env: { NODE_OPTIONS: `--import=data:text/javascript,${narrow}` },
    });
    expect(status).toBe(0);
    for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(40);
    const known = new Set(text.split(/\W+/));
    const shown = [...stdout.matchAll(/^ {4}(?! )(.*)$/gm)].flatMap(([, line]) => line.split(/\W+/));
    expect(shown.length).toBeGreaterThan(20);
    for (const word of shown) expect(known).toContain(word);
    for (const columns of ['info words', 'eval words words.txt']) {
      const command = columns.replace(' words', ' runs/words').split(' ');
      const narrowed = await lm(command, { cwd, env: { NODE_OPTIONS: `--import=data:text/javascript,${narrow}` } });
      for (const line of narrowed.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(40);
    }
  });
});
