/** The same as texts.test.ts with the strict kernels, whose answers are those of every machine. */

import './strict-only.ts';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { writeData } from './data.ts';
import { kernelsHere } from './questions.ts';
import { testTexts } from './texts.ts';

it('the kernels are the strict ones', async () => {
  const folder = temporaryFolder();
  expect(await kernelsHere(folder, writeData(folder)['more.txt'])).toBe('strict');
});

testTexts();
