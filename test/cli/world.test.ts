/** Texts from the world through the real command. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRun } from '../../src/run/index.ts';
import { temporaryFolder } from '../temporary.ts';
import { manyCharacters } from '../text/read/many.ts';
import { BIN, jsonLines, lm, TEXT, TINY } from './lm.ts';

function place(name: string, text: string | Uint8Array): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, name), text);
  return cwd;
}

/** Trains on `text` for a step; returns the vocabulary and what evaluation on the same text says. */
async function trained(text: string | Uint8Array, ...flags: string[]) {
  const cwd = place('text.txt', text);
  const run = await lm(['train', 'text.txt', '--steps', '1', '--out', 'run', '--quiet', ...TINY, ...flags], { cwd });
  expect(run).toEqual({ status: 0, stdout: '', stderr: '' });
  const { stdout } = await lm(['eval', 'run', 'text.txt', '--json'], { cwd });
  const { tokenizer } = loadRun(join(cwd, 'run'));
  return { cwd, tokenizer, ...(JSON.parse(stdout) as { tokens: number; unknown: number }) };
}

describe('lm train', () => {
  it('takes scripts, emoji, marks, CRLF and NULs as characters', async () => {
    const text = 'Ελληνικά עברית 日本語 👩‍👩‍👧‍👦 👍🏽 e\u0301 \0\r\n'.repeat(10);
    const { tokens, unknown, tokenizer } = await trained(text, '--val-split', '0');
    expect([tokens, unknown]).toEqual([[...text].length - 1, 0]);
    expect(new Set(tokenizer.vocabulary.slice(4))).toEqual(new Set(text));
    const lines = await trained(text, '--format', 'lines', '--val-split', '0');
    expect([lines.tokens, lines.unknown]).toEqual([[...text].length - 10, 0]);
    expect(lines.tokenizer.vocabulary).not.toContain('\r');
    const normalized = await trained(text, '--normalize-newlines', '--val-split', '0');
    expect([normalized.tokens, normalized.unknown]).toEqual([[...text].length - 11, 0]);
  });

  it('takes one character over and over, and writes it', async () => {
    const { cwd } = await trained('a'.repeat(5000));
    const { stdout } = await lm(['sample', 'run', '--length', '7'], { cwd });
    expect(stdout).toBe('aaaaaaa\n');
  });

  it('takes 200,000 different characters', async () => {
    const cwd = place('text.txt', manyCharacters(200_000));
    const flags = ['--val-split', '0', '--embedding', '8', '--steps', '1', '--out', 'run', '--json'];
    const { status, stdout, stderr } = await lm(['train', 'text.txt', ...TINY, ...flags], { cwd });
    // U+FEFF is one of them.
    expect(stderr).toMatch(/^warning: the text has 1 byte-order mark inside.*\n$/);
    expect(status).toBe(0);
    expect(jsonLines(stdout)[0]).toMatchObject({ vocabulary: 200_004, trainTokens: 199_996 });
    const refused = await lm(['train', 'text.txt', '--hidden', '512', '--out', 'large'], { cwd });
    expect(refused).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/needs [\d,]+ MB of memory.*--vocab-size/),
    });
    expect(existsSync(join(cwd, 'large'))).toBe(false);
  });

  it('takes names with spaces and letters from anywhere, and gives commands that a shell takes', async () => {
    const name = "mön  texte, it's 日本 🙂";
    const cwd = place(`${name}.txt`, TEXT);
    mkdirSync(join(cwd, 'ordner é'));
    writeFileSync(join(cwd, 'ordner é', 'ß.txt'), TEXT);
    const { status, stdout } = await lm(['train', `${name}.txt`, 'ordner é', '--steps', '2', ...TINY], { cwd });
    expect(status).toBe(0);
    expect(stdout).toContain(`corpus  ${name}.txt, ordner é: `);
    expect(existsSync(join(cwd, 'runs', name, 'model.safetensors'))).toBe(true);
    const next = /^Next: (?:npx )?lm (.*)$/m.exec(stdout)![1];
    const command = `"$0" "$1" ${next} --length 5 --prompt "the "`;
    const text = execFileSync('sh', ['-c', command, process.execPath, BIN], { cwd, encoding: 'utf8' });
    expect(text).toMatch(/^the .{5}/s);
  });

  it('goes on when its text vanishes, and misses it when resumed', async () => {
    const cwd = place('text.txt', TEXT);
    const words = ['train', 'text.txt', '--steps', '1000000', '--out', 'run', ...TINY, '--json'];
    const running = lm(words, { cwd, stopAfter: '"step":300,' });
    while (!existsSync(join(cwd, 'run', 'checkpoint.safetensors'))) await new Promise((r) => setTimeout(r, 5));
    rmSync(join(cwd, 'text.txt'));
    expect((await running).status).toBe(130);
    const resumed = await lm(['train', '--resume', 'run'], { cwd });
    expect(resumed).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/no longer at .*text\.txt/) });
    writeFileSync(join(cwd, 'text.txt'), `${TEXT}more\n`);
    const grown = await lm(['train', '--resume', 'run'], { cwd });
    expect(grown).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/text\.txt is not the text/) });
  });
});
