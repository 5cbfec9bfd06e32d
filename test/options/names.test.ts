import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { flagName, nameFlags, option, resumeCall } from '../../src/errors.ts';
import { predictOptions, runOptions, sampleOptions } from '../../src/options/index.ts';
import { completeOptions, readOptions } from '../../src/options/options.ts';
import { optionNames } from '../../src/options/table.ts';

it('names flags with dashes', () => {
  expect(flagName('learningRate')).toBe('--learning-rate');
  expect(flagName('topK')).toBe('--top-k');
  expect(flagName('files')).toBe('files');
});

const SRC = fileURLToPath(new URL('../../src', import.meta.url));

/** Every line of the source, with its file, that is no comment. */
function code(): { file: string; line: string }[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) =>
      readFileSync(join(SRC, file), 'utf8')
        .split('\n')
        .filter((line) => !/^\s*(\/?\*|\/\/)/.test(line))
        .map((line) => ({ file: file.replaceAll('\\', '/'), line })),
    );
}

it('names flags by hand only in the command and in its help', () => {
  const byHand = code().filter(
    ({ file, line }) =>
      !/^(cli\/|options\/\w+-rows|errors\.ts)/.test(file) &&
      /[`'( ]--[a-z]{3}/.test(line.replaceAll('--experimental', '')),
  );
  expect(byHand).toEqual([]);
});

it('names only options that there are in errors', () => {
  const known = [...optionNames, ...[runOptions, sampleOptions, predictOptions].flatMap((table) => Object.keys(table))];
  const named = code().flatMap(({ line }) => Array.from(line.matchAll(/\boption\('(\w+)'/g), ([, name]) => name));
  expect(named.length).toBeGreaterThan(30);
  for (const name of named) expect(known).toContain(name);
});

// The last one in this file, as a process is either the command or a program that uses the library.
it('names options as the library has them, and for the command as flags', () => {
  const combination = () => completeOptions({ tie: true, embedding: 10 });
  expect(() => readOptions({ seqLength: 0 })).toThrow('seqLength must be a whole number');
  expect(combination).toThrow('tie needs embedding: 256, the hidden size, not 10.');
  expect(option('task', 'tag')).toBe('task: "tag"');
  expect(option('overwrite', true)).toBe('overwrite: true');
  expect(resumeCall('runs/my')).toBe('train({ resume: "runs/my" })');
  nameFlags();
  expect(() => readOptions({ seqLength: 0 })).toThrow('--seq-length must be a whole number');
  expect(combination).toThrow('--tie needs --embedding 256, the hidden size, not 10.');
  expect(option('task', 'tag')).toBe('--task tag');
  expect(option('overwrite', true)).toBe('--overwrite');
  expect(resumeCall('runs/my')).toBe('lm train --resume runs/my');
});
