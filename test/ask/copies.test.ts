/** What of a written text was copied, against the definition. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { longestCopy } from '../../src/ask/copies.ts';
import { UNK } from '../../src/text/index.ts';

/** Length of the longest run without `<unk>` of `written` that is in `text` too. */
function longestLength(written: readonly number[], text: readonly number[]): number {
  let best = 0;
  for (let i = 0; i < written.length; i++) {
    for (let j = 0; j < text.length; j++) {
      let length = 0;
      while (i + length < written.length && written[i + length] === text[j + length] && written[i + length] !== UNK) {
        length++;
      }
      best = Math.max(best, length);
    }
  }
  return best;
}

const isRunOf = (run: readonly number[], text: readonly number[]): boolean =>
  `,${text.join(',')},`.includes(run.length === 0 ? ',' : `,${run.join(',')},`);

describe('longestCopy', () => {
  it('is the longest run that both have, in whatever pieces the text comes', () => {
    const ids = (maxLength: number) => fc.array(fc.integer({ min: 0, max: 3 }), { maxLength });
    fc.assert(
      fc.property(ids(30), ids(60), fc.integer({ min: 1, max: 9 }), (written, text, size) => {
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
          Int32Array.from(text.slice(i * size, (i + 1) * size)),
        );
        const run = longestCopy(written, pieces);
        expect(run).toHaveLength(longestLength(written, text));
        expect(isRunOf(run, written) && isRunOf(run, text)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
