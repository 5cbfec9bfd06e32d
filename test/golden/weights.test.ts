/** Training gives the weights that it gave, to the bit: of every kind of model, and for any number of threads. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sameBits, trainCases } from './cases.ts';
import { writeData } from './data.ts';
import { recordCase, type Trained, trainAndRecord } from './record.ts';

const golden = JSON.parse(readFileSync(new URL('weights.json', import.meta.url), 'utf8')) as Record<string, Trained>;

const folder = mkdtempSync(join(tmpdir(), 'gatelm-'));
const data = writeData(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('there is a record of every case, and of no other', () => {
  expect(Object.keys(golden)).toEqual([...trainCases.keys()]);
});

// In order, as some begin with the weights of others.
it.each([...trainCases])('%s', async (name, one) => {
  expect(await recordCase(name, one, data, folder)).toEqual(golden[name]);
});

it.each([...trainCases.keys()].filter((name) => sameBits(name)))('%s: as with one', (name) => {
  expect(golden[name]).toEqual(golden[sameBits(name)!]);
});

const STOPPED = [
  'lm gru before, one-hot',
  'lm lstm, adaptive softmax, threads 1',
  'fill gru none',
  'lm mingru, embedding, dropout, two threads',
  'translate lstm, tied',
  'lm lstm, layer norm',
];

it.each([...STOPPED, 'lm gru, rows of a large embedding, sgd, decay 0.01'])(
  '%s: stopped and gone on with',
  async (name) => {
    const again = join(folder, 'again');
    await recordCase(name, trainCases.get(name)!, data, again, 9);
    const { curve: _, ...expected } = golden[name];
    expect(await trainAndRecord({ resume: join(again, name) })).toMatchObject(expected);
  },
);
