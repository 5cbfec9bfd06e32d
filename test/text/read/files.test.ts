/** Finding and reading text files: what is text, what is refused, and where the message points. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import { readText } from '../../../src/text/read/files.ts';
import { expandPatterns, findTextFiles, leftOutRemarks } from '../../../src/text/read/find-files.ts';
import { textLines } from '../../../src/text/read/lines.ts';
import { temporaryFolder } from '../../temporary.ts';

const CHUNK = 1 << 20;

function file(content: string | Uint8Array, name = 'text.txt'): string {
  const at = path.join(temporaryFolder(), name);
  fs.writeFileSync(at, content);
  return at;
}

async function read(name: string, lossy = false): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const bytes of readText(name, lossy)) chunks.push(Buffer.from(bytes));
  return Buffer.concat(chunks).toString();
}

describe('reading', () => {
  it.each([0, 1, 2, 3])('keeps characters whole that the end of a chunk would cut, %i bytes off', async (shift) => {
    for (const character of ['é', '語', '🙂']) {
      const text = 'x'.repeat(shift) + character.repeat(CHUNK / 2);
      expect((await read(file(text))) === text).toBe(true);
    }
  });

  it('gives every chunk as whole characters', async () => {
    const name = file(`x${'🙂'.repeat(CHUNK / 2)}`);
    for await (const bytes of readText(name, false)) expect(bytes.at(-1)! & 0xc0).toBe(0x80);
  });

  it('drops a byte-order mark at the start alone', async () => {
    expect(await read(file('\ufeffa\ufeffb'))).toBe('a\ufeffb');
  });

  it('takes a name with spaces and letters that are not ASCII', async () => {
    expect(await read(file('text', 'mön texte 日本.txt'))).toBe('text');
  });

  it('takes a text with some NULs and control characters', async () => {
    const text = '\x1b[0mtext\f\n\0'.repeat(100);
    expect(await read(file(text))).toBe(text);
  });

  it('reads a file to the size that it had when it was opened', async () => {
    const name = file('a'.repeat(CHUNK + 10));
    let size = 0;
    for await (const bytes of readText(name, false)) {
      if (size === 0) fs.appendFileSync(name, 'more');
      size += bytes.length;
    }
    expect(size).toBe(CHUNK + 10);
  });

  it('goes on with a file that is deleted meanwhile', async () => {
    const name = file('a'.repeat(CHUNK + 10));
    let size = 0;
    for await (const bytes of readText(name, false)) {
      if (size === 0) fs.rmSync(name);
      size += bytes.length;
    }
    expect(size).toBe(CHUNK + 10);
  });

  it('refuses a file that is shortened meanwhile', async () => {
    const name = file('a'.repeat(CHUNK + 10));
    const reading = async () => {
      for await (const _ of readText(name, false)) fs.truncateSync(name, 5);
    };
    await expect(reading()).rejects.toThrow(InputError);
    await expect(reading()).resolves.toBeUndefined();
  });
});

describe('bytes that are not UTF-8', () => {
  const cases: [string, number[], number, string][] = [
    ['a lone continuation', [0x61, 0x80, 0x62], 1, 'a\ufffdb'],
    ['an overlong sequence', [0xc0, 0xaf], 0, '\ufffd\ufffd'],
    ['a surrogate', [0x61, 0xed, 0xa0, 0x80], 1, 'a\ufffd\ufffd\ufffd'],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80], 0, '\ufffd\ufffd\ufffd\ufffd'],
    ['a cut sequence', [0x61, 0xe2, 0x82], 1, 'a\ufffd'],
    ['after a true U+FFFD', [0xef, 0xbf, 0xbd, 0xff], 3, '\ufffd\ufffd'],
    ['after a byte-order mark', [0xef, 0xbb, 0xbf, 0xff], 3, '\ufffd'],
    ['Latin-1', [0x63, 0x61, 0x66, 0xe9, 0x20], 3, 'caf\ufffd '],
  ];

  it.each(cases)('are named by file and byte: %s', async (_, bytes, at) => {
    const name = file(Uint8Array.from(bytes));
    const hex = bytes[at].toString(16);
    await expect(read(name)).rejects.toThrow(InputError);
    await expect(read(name)).rejects.toThrow(`${name} is not UTF-8 at byte ${at} (0x${hex})`);
  });

  it.each(cases)('are replaced when lossy: %s', async (_, bytes, __, text) => {
    expect(await read(file(Uint8Array.from(bytes)), true)).toBe(text);
  });

  it.each([-2, -1, 0, 1])('are found beside the end of a chunk: %i', async (shift) => {
    const bytes = Buffer.alloc(CHUNK + 100, 'é');
    const at = CHUNK + 2 * shift;
    bytes[at] = 0xff;
    const name = file(bytes);
    await expect(read(name)).rejects.toThrow(`at byte ${at} (0xff)`);
    const lossy = await read(name, true);
    expect(lossy).toBe(bytes.toString());
  });
});

describe('what is no text', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', Buffer.alloc(0), /is empty/],
    ['a byte-order mark alone', Buffer.from('\ufeff'), /is empty/],
    ['zeros', Buffer.alloc(1000), /looks like a binary file/],
    ['a text with many NULs', Buffer.from('a\0bcdefg'.repeat(100)), /looks like a binary file/],
    ['Latin-1 with some NULs', Buffer.from(`${'caf\xe9 '.repeat(9)}\0`, 'latin1'), /looks like a binary file/],
    ['UTF-16', Buffer.from('\ufeffhello', 'utf16le'), /is UTF-16, not UTF-8/],
  ])('is refused: %s', async (_, content, message) => {
    await expect(read(file(content))).rejects.toThrow(InputError);
    await expect(read(file(content))).rejects.toThrow(message);
  });

  it('is refused even when lossy', async () => {
    await expect(read(file(Buffer.alloc(1000)), true)).rejects.toThrow(/looks like a binary file/);
  });

  it('is refused when it is missing, a device, or not readable', async () => {
    await expect(read('/nowhere/x.txt')).rejects.toThrow('There is no file or folder /nowhere/x.txt');
    await expect(read('/dev/null')).rejects.toThrow('/dev/null is neither a file nor a folder');
    await expect(findTextFiles(['/nowhere'])).rejects.toThrow(InputError);
  });
});

describe('what gzip packed', () => {
  it.each(['text.txt.gz', 'no ending'])('is read as what is inside, whatever it is called: %s', async (name) => {
    const text = `\ufeff${'é🙂 the cat sat on the mat\n'.repeat(100_000)}`;
    expect((await read(file(gzipSync(text), name))) === text.slice(1)).toBe(true);
  });

  it('may be several members one after the other', async () => {
    expect(await read(file(Buffer.concat([gzipSync('a b'), gzipSync(' c\n')])))).toBe('a b c\n');
  });

  it('is refused where it is cut short or damaged, empty, or no text inside', async () => {
    const packed = gzipSync('the cat sat on the mat\n'.repeat(1000));
    await expect(read(file(packed.subarray(0, 40)))).rejects.toThrow(/text\.txt is no whole gzip file: .*; restore it/);
    packed[packed.length - 20] ^= 255;
    await expect(read(file(packed))).rejects.toThrow(InputError);
    await expect(read(file(gzipSync('')))).rejects.toThrow('text.txt is empty');
    await expect(read(file(gzipSync(new Uint8Array(100))))).rejects.toThrow('looks like a binary file');
    await expect(read(file(gzipSync(Buffer.from('caf\xe9', 'latin1'))))).rejects.toThrow('is not UTF-8 at byte 3');
  });
});

describe('lines of a text', () => {
  it('end with LF, CRLF or CR, wherever a piece of the file cuts', async () => {
    const text = `a\r\n\r\nb\rc\n\n${'x'.repeat(CHUNK - 11)}\r\nend`;
    const lines: string[] = [];
    for await (const come of textLines(file(text))) lines.push(...come);
    expect(lines).toEqual(['a', '', 'b', 'c', '', 'x'.repeat(CHUNK - 11), 'end']);
  });

  it('of a pipe come one by one as they are written', async () => {
    const name = path.join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [name]);
    const lines = textLines(name);
    const first = lines.next();
    const writer = await fs.promises.open(name, 'w');
    for (const line of ['one', 'two']) {
      await writer.write(`${line}\r`);
      expect((await (line === 'one' ? first : lines.next())).value).toEqual([line]);
    }
    await writer.close();
    expect((await lines.next()).done).toBe(true);
  });
});

describe('a folder', () => {
  it('stands for its text files, sorted, with those of its folders, without hidden, empty and binary ones', async () => {
    const folder = temporaryFolder();
    fs.mkdirSync(path.join(folder, 'b'));
    fs.mkdirSync(path.join(folder, '.git'));
    for (const name of ['c.txt', 'a b.txt', 'B.txt', 'b/é.txt', '.hidden', '.git/x']) {
      fs.writeFileSync(path.join(folder, name), 'text');
    }
    fs.writeFileSync(path.join(folder, 'empty'), '');
    fs.writeFileSync(path.join(folder, 'picture'), Buffer.alloc(100));
    fs.symlinkSync(path.join(folder, 'c.txt'), path.join(folder, 'd.txt'));
    fs.symlinkSync(folder, path.join(folder, 'loop'));
    fs.symlinkSync('nowhere', path.join(folder, 'dangling'));
    fs.writeFileSync(path.join(folder, 'z.txt.gz'), gzipSync('text'));
    fs.writeFileSync(path.join(folder, 'z.bin.gz'), gzipSync(Buffer.alloc(100)));
    const { files, leftOut } = await findTextFiles([path.join(folder, 'c.txt'), folder]);
    const names = (list: string[]) => list.map((name) => path.relative(folder, name));
    expect(names(files)).toEqual(['c.txt', 'B.txt', 'a b.txt', 'b/é.txt', 'c.txt', 'd.txt', 'z.txt.gz']);
    const left = (why: string) => names(leftOut.filter((one) => one.why === why).map((one) => one.path));
    expect(left('empty or no text')).toEqual(['empty', 'picture', 'z.bin.gz']);
    expect(left('hidden')).toEqual(['.git', '.hidden']);
  });

  it("is read without editors' copies and what the program wrote, and what is left out is said", async () => {
    const folder = temporaryFolder();
    const copies = ['#a.txt#', 'a.txt~', 'a.txt.bak', 'a.txt.swp', 'a.txt.orig', '~$a.txt'];
    for (const name of ['a.txt', ...copies]) fs.writeFileSync(path.join(folder, name), 'text');
    fs.mkdirSync(path.join(folder, 'runs', 'a'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'runs', 'a', 'config.json'), '{}');
    const isOwn = (name: string) => name === path.join(folder, 'runs', 'a');
    const { files, leftOut } = await findTextFiles([folder], isOwn);
    expect(files).toEqual([path.join(folder, 'a.txt')]);
    const [ofCopies, ofRuns] = leftOutRemarks(leftOut);
    expect(ofCopies).toMatchObject({ about: 'left out', warning: false, count: copies.length });
    expect(ofCopies.text).toMatch(/^left out, as an editor's copy: .*#a\.txt#, .* and 1 more\.$/);
    expect(ofRuns.text).toBe(`left out, as a run: ${path.join(folder, 'runs', 'a')}.`);
    // As a shell makes it of `*`; alone it is a mistake.
    const runs = path.join(folder, 'runs');
    expect((await findTextFiles([path.join(folder, 'a.txt'), runs], isOwn)).files).toEqual(files);
    await expect(findTextFiles([runs], isOwn)).rejects.toThrow(`Folder ${runs} holds nothing but runs`);
  });

  it('without a text file is refused', async () => {
    const folder = temporaryFolder();
    await expect(findTextFiles([folder])).rejects.toThrow(`Folder ${folder} holds no text file`);
  });
});

describe('a pattern', () => {
  it('stands for the files and folders that it names, in order, as in a shell', async () => {
    const folder = temporaryFolder();
    fs.mkdirSync(path.join(folder, 'more.txt'));
    for (const name of ['b.txt', 'a.txt', 'c.md', '.d.txt', 'more.txt/x', '[1].txt']) {
      fs.writeFileSync(path.join(folder, name), 'text');
    }
    const expanded = async (...names: string[]) =>
      (await expandPatterns(names.map((name) => path.join(folder, name)))).map((name) => path.relative(folder, name));
    expect(await expanded('*.txt')).toEqual(['[1].txt', 'a.txt', 'b.txt', 'more.txt']);
    expect(await expanded('c.md', '{b,a}.txt', '?.md')).toEqual(['c.md', 'a.txt', 'b.txt', 'c.md']);
    // A file of that name is no pattern.
    expect(await expanded('[1].txt')).toEqual(['[1].txt']);
    await expect(expanded('*.tsv')).rejects.toThrow(/no file .*\*\.tsv, nor one that this pattern names/);
  });
});
