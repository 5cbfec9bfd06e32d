/** `lm predict` as part of a pipe: an answer to each line, as soon as it is there. */

import { type ChildProcessWithoutNullStreams, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BIN, jsonLines, lm } from './lm.ts';

let cwd = '';

const FLAGS = '--hidden 8 --layers 1 --steps 8 --threads 1 --kernel strict --quiet'.split(' ');
const TEXTS = {
  classify: 'red\twarm lamp\nblue\tcold well\n'.repeat(20),
  tag: 'the\tDET\nlamp\tNOUN\n\na\tDET\nwell\tNOUN\n\n'.repeat(20),
  translate: '12\tone two\n3\tthree\n'.repeat(20),
  fill: 'the warm lamp\nthe cold well\n'.repeat(40),
};

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  for (const [task, text] of Object.entries(TEXTS)) {
    writeFileSync(join(cwd, `${task}.txt`), text);
    const format = task === 'fill' ? ['--format', 'lines'] : ['--max-length', '20'];
    const words = ['train', `${task}.txt`, '--task', task, '--out', task, ...format, ...FLAGS];
    expect(await lm(words, { cwd })).toEqual({ status: 0, stdout: '', stderr: '' });
  }
}, 120_000);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function predict(run: string, input: string, ...words: string[]): ReturnType<typeof lm> {
  writeFileSync(join(cwd, 'asked.txt'), input);
  return lm(['predict', run, '--file', 'asked.txt', ...words], { cwd });
}

describe('lm predict', () => {
  it.each([
    ['classify', 'warm lamp', 1],
    ['translate', '12', 1],
    ['fill', 'the ____ lamp', 1],
    // Two tokens, and the blank line behind a sentence.
    ['tag', 'the lamp', 3],
  ])("has an empty answer for an empty line, and for one that won't do: %s", async (run, text, lines) => {
    const none = await predict(run, `${text}\n\n  \n${text}\n`);
    expect([none.status, none.stderr]).toEqual([0, '']);
    const answer = (await predict(run, `${text}\n`)).stdout;
    expect(answer.split('\n')).toHaveLength(lines + 1);
    expect(none.stdout).toBe(`${answer}\n\n${answer}`);

    const bad = run === 'fill' ? 'the lamp' : 'a\tb';
    const mixed = await predict(run, `${text}\n${bad}\n${text}\n`.repeat(3));
    expect(mixed.stdout).toBe(`${answer}\n${answer}`.repeat(3));
    expect(mixed.stderr).toMatch(/^(error: asked\.txt, line [258], has [^\n]+\n){3}$/);
    expect(mixed.status).toBe(2);

    const json = jsonLines((await predict(run, `${text}\n\n${bad}\n`, '--json')).stdout);
    expect(json.map((one) => one.text)).toEqual([text, '', bad]);
    expect(json[1]).not.toHaveProperty('error');
    expect(json[2].error).toMatch(/line 3, has/);
  });

  it('takes LF, CRLF and CR as the end of a line', async () => {
    const { stdout } = await predict('translate', '12\n3\n');
    for (const text of ['12\r\n3\r\n', '12\r3\r', '12\r3'])
      expect((await predict('translate', text)).stdout).toBe(stdout);
  });

  it('cuts what is too long, and says so, or refuses it', async () => {
    const long = 'warm lamp '.repeat(30);
    const cut = await predict('classify', `${long}\nwarm lamp\n${long}\n`);
    expect([cut.status, cut.stdout.split('\n')]).toEqual([0, expect.objectContaining({ length: 4 })]);
    expect(cut.stderr).toMatch(/^warning: 2 texts were cut to the 20 tokens of the run's --max-length; [^\n]+\n$/);
    const strict = await predict('classify', `${long}\nwarm lamp\n`, '--strict');
    expect(strict.stdout).toMatch(/^\n.*warm lamp\n$/);
    expect(strict.stderr).toMatch(/^error: asked\.txt, line 1, has 300 tokens, over the 20 [^\n]+\n$/);
    expect(strict.status).toBe(2);
    const tags = await predict('tag', `${'the lamp '.repeat(15)}\n`);
    expect(tags.stdout.trimEnd().split('\n')).toHaveLength(20);
  });

  it.each(['standard input', 'named pipe'])('answers a line before the next one comes: %s', async (source) => {
    let child: ChildProcessWithoutNullStreams;
    let write: (text: string) => void;
    if (source === 'named pipe') {
      execFileSync('mkfifo', [join(cwd, 'pipe')]);
      child = spawn(process.execPath, [BIN, 'predict', 'tag', '--file', 'pipe'], { cwd });
      const writer = spawn('sh', ['-c', 'cat > pipe'], { cwd });
      write = (text) => void writer.stdin.write(text);
      child.on('close', () => writer.kill());
    } else {
      child = spawn(process.execPath, [BIN, 'predict', 'tag'], { cwd });
      write = (text) => void child.stdin.write(text);
    }
    const answers = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
    let text = '';
    // Each question waits for the whole answer to the one before.
    for (const [n, question] of ['the lamp', 'a well', 'the'].entries()) {
      write(`${question}\n`);
      while (text.split('\n\n').length < n + 2) text += (await answers.next()).value;
    }
    child.kill();
    expect(text).toMatch(/^the\t.*\nlamp\t.*\n\na\t.*\nwell\t.*\n\nthe\t.*\n\n$/);
  });

  it('has a prompt, at which options may be changed', () => {
    const input = 'warm lamp\n:top 2\nwarm lamp\n:beam 3\na\tb\n\n:quit\n';
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'predict', 'classify', '--interactive'], {
      ...{ cwd, input, encoding: 'utf8' },
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^(\w+ +[\d.]+ %\n){3}\n$/);
    expect(stderr).toMatch(/^error: There is no command :beam: [^\n]+\nerror: The text has a tab[^\n]+\n$/);
    const both = spawnSync(process.execPath, [BIN, 'predict', 'classify', '--interactive', 'a text'], {
      cwd,
      encoding: 'utf8',
    });
    expect([both.status, both.stderr]).toEqual([2, expect.stringContaining('leave them out')]);
  });
});
