/** The tests of texts.test.ts, for whichever kernels loaded models compute with here. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeData } from './data.ts';
import { askedModels, kernelsHere, trainAndAsk } from './questions.ts';

/** Answers by the kernels that they were computed with, then by model. */
type Golden = Record<'fused' | 'strict', Record<string, Record<string, unknown>>>;

export function testTexts(): void {
  const golden = JSON.parse(readFileSync(new URL('texts.json', import.meta.url), 'utf8')) as Golden;
  const folder = mkdtempSync(join(tmpdir(), 'gatelm-'));
  const data = writeData(folder);
  let kernels: 'fused' | 'strict';
  beforeAll(async () => {
    kernels = await kernelsHere(folder, data['more.txt']);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Object.keys(askedModels))('%s', async (name) => {
    const expected = golden[kernels];
    expect(Object.keys(expected)).toEqual(Object.keys(askedModels));
    expect(await trainAndAsk(name, data, folder)).toEqual(expected[name]);
  });
}
