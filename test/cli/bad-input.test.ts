/** Whatever is wrong with the input: one clear sentence, exit status 2, and nothing written. */

import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { lm, TEXT, TINY } from './lm.ts';

/** A folder with a good corpus, `good.txt`, and the given files. */
function folderWith(files: Record<string, string | Uint8Array> = {}): string {
  const cwd = temporaryFolder();
  for (const [name, content] of Object.entries({ 'good.txt': TEXT, ...files })) writeFileSync(join(cwd, name), content);
  return cwd;
}

/** Expects `lm ...words` to be refused with a sentence that matches `message`, and to leave the folder as it was. */
async function refused(cwd: string, words: readonly string[], message: RegExp): Promise<void> {
  const before = readdirSync(cwd, { recursive: true });
  const { status, stdout, stderr } = await lm(words, { cwd });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^error: [^\n]+[.)?]\n$/);
  expect(stdout).toBe('');
  expect(status).toBe(2);
  expect(readdirSync(cwd, { recursive: true })).toEqual(before);
}

describe('files that are no corpus', () => {
  it('missing', () => refused(folderWith(), ['train', 'none.txt'], /none\.txt/));
  it('empty', () => refused(folderWith({ 'a.txt': '' }), ['train', 'a.txt'], /a\.txt is empty/));
  it('binary', () => refused(folderWith({ 'a.bin': new Uint8Array(500) }), ['train', 'a.bin'], /a\.bin .*binary/));
  it('invalid UTF-8', () => {
    const bytes = Buffer.from(TEXT);
    bytes[37] = 0xff;
    return refused(folderWith({ 'a.txt': bytes }), ['train', 'a.txt'], /a\.txt .*byte 37 .*--lossy/);
  });
  it('of a character', () =>
    refused(folderWith({ 'a.txt': 'x' }), ['train', 'a.txt', ...TINY], /1 of at least 2 tokens/));
  it('a folder without text', () => {
    const cwd = folderWith();
    mkdirSync(join(cwd, 'empty'));
    return refused(cwd, ['train', 'empty'], /empty holds no text/);
  });
  it('a missing validation file', () => refused(folderWith(), ['train', 'good.txt', '--valid', 'v.txt'], /v\.txt/));
});

describe('flags that can not be', () => {
  it.each([
    ['train good.txt --hidden -5', /--hidden must be a whole number/],
    ['train good.txt --layers 0', /--layers/],
    ['sample --beam 1000000000', /--beam must be a whole number from 1 to 100,?000/],
    ['sample --samples 1000000000', /--samples must be/],
    ['predict run x --top 1000000000', /--top must be/],
    ['train good.txt --batch-size 1.5', /--batch-size/],
    ['train good.txt --cell transformer', /--cell must be one of rnn, gru, /],
    ['train good.txt --dropout 1', /--dropout/],
    ['train good.txt --val-split 1', /--val-split/],
    ['train good.txt --learning-rate 0', /--learning-rate/],
    ['train good.txt --tie --embedding 3', /--tie needs --embedding 256/],
    ['train good.txt --pretokenized', /--pretokenized needs --tokenizer word/],
    ['train good.txt --patience 2 --val-split 0', /--patience needs/],
    ['train good.txt --batch-size 4 --seq-length 8 --hidden 65536', /memory/],
    ['train good.txt --name a/b', /--name/],
    ['train good.txt --resume here --name x', /--resume goes on in its own folder/],
    ['train --nonsense', /unknown option '--nonsense'/],
    ['train --hidden', /--hidden .*missing/],
    ['train good.txt --task speak', /--task must be one of lm, classify, tag, translate, fill/],
    ['train good.txt --bidirectional', /--bidirectional would show a language model/],
    ['train good.txt --pool mean', /--pool is for --task classify, not lm/],
    ['train good.txt --task fill --max-length 9', /--max-length is for --task classify, tag or translate, not fill/],
    ['train good.txt --task classify --format lines', /--format is for --task lm or fill, not classify/],
    ['train good.txt --task tag --tokenizer char', /--task tag takes the tokens of its file/],
    ['train good.txt --task translate --attention dot', /--attention dot needs .*--merge sum/],
    ['train good.txt --task classify', /good\.txt, line 1, /],
    ['predict', /missing required argument 'run'/],
    ['predict none x', /no run at none/],
    ['sample --top-p 2', /--top-p must be/],
    ['sample --temperature -1', /--temperature must be/],
    ['sample --top-k 1.5', /--top-k must be/],
    ['sample --min-p 2', /--min-p must be/],
    ['sample --repetition-penalty 0', /--repetition-penalty must be/],
    ['sample --length -1', /--length must be/],
    ['sample --samples 0', /--samples must be/],
    ['sample --beam 0', /--beam must be/],
    ['sample --beam 2 --greedy', /--beam and --greedy exclude/],
    ['sample --greedy --top-k 3', /--greedy and --top-k exclude/],
    ['sample --length-penalty 1', /--length-penalty needs --beam/],
    ['sample --beam-groups 2', /--beam-groups needs --beam/],
    ['sample --beam 4 --beam-diversity 1', /--beam-diversity needs --beam-groups/],
    ['sample --beam 4 --beam-groups 3', /--beam 4 can't be parted into --beam-groups 3/],
    ['sample --repetition-window 9', /--repetition-window needs --repetition-penalty/],
    ['sample --no-repeat-ngram 0', /--no-repeat-ngram must be/],
    ['nonsense', /unknown command 'nonsense'/],
    ['eval', /missing required argument 'run'/],
    ['info --system good.txt', /--system/],
  ])('lm %s', (words, message) => refused(folderWith(), words.split(' '), message));

  it('a --config that is no options', async () => {
    const cwd = folderWith({ 'a.json': '{"hidden": -1}', 'b.json': '[1]', 'c.json': '{', 'd.json': '{"hiden": 1}' });
    await refused(cwd, ['train', '--config', 'a.json'], /a\.json: "hidden" must be/);
    await refused(cwd, ['train', '--config', 'b.json'], /b\.json/);
    await refused(cwd, ['train', '--config', 'c.json'], /c\.json/);
    await refused(cwd, ['train', '--config', 'd.json'], /d\.json: there is no option "hiden"/);
  });
});

describe('runs that can not be used', () => {
  const CONFIG = { format: 1 };

  it('none yet', () => refused(folderWith(), ['sample'], /no run in runs/));
  it('no such folder', () => refused(folderWith(), ['sample', 'none'], /no run at none/));
  it('a folder that is no run', async () => {
    const cwd = folderWith();
    mkdirSync(join(cwd, 'other'));
    for (const command of ['sample', 'info']) await refused(cwd, [command, 'other'], /other is no run/);
    await refused(cwd, ['eval', 'other', 'good.txt'], /other is no run/);
    await refused(cwd, ['train', '--resume', 'other'], /other is no run/);
  });
  it('a newer version', async () => {
    const cwd = folderWith();
    mkdirSync(join(cwd, 'run'));
    writeFileSync(join(cwd, 'run', 'config.json'), JSON.stringify({ ...CONFIG, format: 999 }));
    await refused(cwd, ['sample', 'run'], /config\.json is from a newer version/);
    await refused(cwd, ['train', '--resume', 'run'], /newer version/);
  });
  it('a damaged configuration', async () => {
    const cwd = folderWith();
    mkdirSync(join(cwd, 'run'));
    for (const text of ['', '{', '[]', 'null', JSON.stringify(CONFIG)]) {
      writeFileSync(join(cwd, 'run', 'config.json'), text);
      await refused(cwd, ['info', 'run'], /config\.json is damaged/);
    }
  });
});
