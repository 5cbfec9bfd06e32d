/** What is mistyped, shortened, or called as other programs call it, is understood and said, or answered with what may be meant. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nearest } from '../../src/options/index.ts';
import { optionNames, trainOptions } from '../../src/options/table.ts';
import { jsonLines, lm, TEXT } from './lm.ts';

let cwd = '';
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'gatelm-'));
  writeFileSync(join(cwd, 'cat.txt'), TEXT);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;

describe('nearest', () => {
  it.each([
    ['lstmm', 'lstm'],
    ['LSTM', 'lstm'],
    ['gr', 'gru'],
    ['rnm', 'rnn'],
    ['transformer', undefined],
    ['', undefined],
    ['xyz', undefined],
  ])('%s is %s', (given, meant) => expect(nearest(given, ['rnn', 'gru', 'lstm'])).toBe(meant));

  it('does not choose between names that are as near', () => {
    expect(nearest('mam', ['mum', 'mad'])).toBeUndefined();
    expect(nearest('s', ['sgd', 'sum'])).toBeUndefined();
  });
});

describe('flags', () => {
  it('that were understood are told to programs too', async () => {
    const words = [
      'train',
      'cat.txt',
      '--lr',
      '0.01',
      '--hidden',
      '8',
      '--steps',
      '2',
      '--threads',
      '1',
      '--name',
      'json',
      '--json',
    ];
    const [start, next] = jsonLines((await lm(words, { cwd })).stdout);
    expect(start).toMatchObject({ event: 'start', understood: ['--lr is read as --learning-rate.'] });
    expect(next).not.toHaveProperty('understood');
  });

  it('are understood, and said, by their starts, other names and other spellings', async () => {
    const words = '--lr 0.01 --batch=8 --num-layers 1 --seq-len 8 --epoch 1 --hidden_size 8 -cell gru --valSplit 0.2';
    const read = [
      '--learning-rate',
      '--batch-size',
      '--layers',
      '--seq-length',
      '--epochs',
      '--hidden',
      '--cell',
      '--val-split',
    ];
    const { status, stderr } = await lm(['train', 'cat.txt', ...words.split(' '), '--quiet', '--threads', '1'], {
      cwd,
    });
    expect(status).toBe(0);
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' is read as ')[1]),
    ).toEqual(read.map((flag) => `${flag}.`));
    const { options } = JSON.parse(readFileSync(join(cwd, 'runs/cat/config.json'), 'utf8'));
    expect(options).toMatchObject({
      learningRate: 0.01,
      batchSize: 8,
      layers: 1,
      seqLength: 8,
      epochs: 1,
      hidden: 8,
      cell: 'gru',
      valSplit: 0.2,
    });
    const cold = await lm(['sample', '--temp', '0', '--length', '5'], { cwd });
    expect([cold.status, cold.stderr]).toEqual([0, '--temp is read as --temperature.\n']);
    expect(cold.stdout).toBe((await lm(['sample', '--greedy', '--length', '5'], { cwd })).stdout);
    const value = await lm(['sample', '--prompt', '--temp', '--length', '5', '--', 'runs/cat'], { cwd });
    expect([value.status, value.stdout.startsWith('--temp')]).toEqual([0, true]);
  });

  it('have no other name that is one of another', () => {
    const others = optionNames.flatMap((name) => trainOptions[name].also ?? []);
    expect(new Set([...others, ...optionNames]).size).toBe(others.length + optionNames.length);
  });

  it.each([
    ['train --cell lstmm', /--cell must be one of rnn, gru, lstm, mingru, not "lstmm": did you mean lstm\?/],
    ['train --task clasify', /not "clasify": did you mean classify\?/],
    ['train --optimizer ADAM', /did you mean adam\?/],
    [
      'train --l 3',
      /--l may be --lowercase, --lossy, --layer-norm, --layers, --learning-rate or --label-smoothing: write more of it/,
    ],
    ['train --hiden 3', /unknown option '--hiden' \(Did you mean --hidden\?\); see lm train --help/],
    ['inspect gatess x', /no lm inspect gatess: did you mean lm inspect gates\?/],
    ['smaple', /unknown command 'smaple' \(Did you mean sample\?\)/],
    ['i', /i may be inspect or info: write more of it/],
  ])('or commands that can not be understood: lm %s', async (words, message) => {
    const { status, stdout, stderr } = await lm(words.split(' '), { cwd });
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });

  it('in a file are answered with those that are meant', async () => {
    for (const [name, meant] of [
      ['lr', 'learningRate'],
      ['hiden', 'hidden'],
      ['batch', 'batchSize'],
    ]) {
      writeFileSync(join(cwd, 'options.json'), JSON.stringify({ [name]: 1 }));
      const { status, stderr } = await lm(['train', '--config', 'options.json'], { cwd });
      expect([status, stderr]).toEqual([
        2,
        `error: options.json: there is no option "${name}": did you mean ${meant}?\n`,
      ]);
    }
  });
});

describe('commands', () => {
  it('are understood by their starts and other names', async () => {
    for (const [word, name] of [
      ['inf', 'info'],
      ['describe', 'info'],
    ]) {
      const { status, stdout, stderr } = await lm([word, '--system'], { cwd });
      expect([status, stderr]).toEqual([0, `${word} is read as ${name}.\n`]);
      expect(stdout).toMatch(/^node /);
    }
    const part = await lm(['inspect', 'gradient', '--help'], { cwd });
    expect([part.status, part.stderr]).toEqual([0, 'gradient is read as gradients.\n']);
    expect(part.stdout).toMatch(/^Usage: lm inspect gradients /);
  });

  it.each(['version', '-v', '-V', '--version'])('%s is the version', async (word) => {
    expect(await lm([word], { cwd })).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    ['help', /^Usage: lm \[options\] \[command\]/],
    ['help train', /^Usage: lm train /],
    ['help inspect gates', /^Usage: lm inspect gates /],
    ['--help', /^Usage: lm \[options\] \[command\]/],
  ])('lm %s is the help', async (words, start) => {
    const { status, stdout } = await lm(words.split(' '), { cwd });
    expect([status, stdout]).toEqual([0, expect.stringMatching(start)]);
  });
});
