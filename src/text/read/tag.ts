/** Examples of `tag`: `token<TAB>tag` a line; an empty line and the end of a file end a sentence. */

import { InputError } from '../../errors.ts';
import { layOutLabels } from '../batches/index.ts';
import { roomFor, scanWhole } from '../tokens/index.ts';
import { createSide, labelOutputs } from './example-sides.ts';
import type { ExampleReading } from './example-task.ts';
import { fileName } from './files.ts';
import { createLabelTable } from './labels.ts';
import { lineError } from './lines.ts';

/** Tokens of a sentence that, where it is the only one, is surely several. */
const LONG_SENTENCE = 50;

export const tagReading: ExampleReading = {
  classFiles: false,
  roles: ['token', 'tag'],
  // The words that come once teach what unknown ones are.
  inputTokenizer(choice) {
    if ('vocabulary' in choice) return choice;
    return { ...choice, kind: 'word', pretokenized: true, unknownShapes: true, minCount: choice.minCount ?? 2 };
  },
  layOut: layOutLabels,
  open(inputs, { place, limit, strict, labels }) {
    const outputs = createSide(createLabelTable(place));
    let ids = new Int32Array(0);
    let start = place;
    let longest = 0;
    let joined = 0;
    let example = '';
    const isOneWord = (token: Uint8Array): boolean => {
      ids = roomFor(inputs.types, token.length, ids);
      return scanWhole(inputs.types, token, ids) === 1;
    };
    const endSentence = (): void => {
      if (inputs.open() === 0) return;
      longest = Math.max(longest, inputs.open());
      const length = limit.fit('sentence', inputs.open(), start);
      inputs.truncate(length);
      outputs.truncate(length);
      inputs.end();
      outputs.end();
    };
    return {
      outputs: labelOutputs(outputs, { name: 'tag', known: labels, strict }),
      row(written, tag) {
        if (!isOneWord(written)) {
          const word = asWord(written);
          if (!isOneWord(word)) throw lineError(place, 'has a token of over 1024 bytes: shorten it');
          joined++;
          example = word.toString();
        }
        if (inputs.open() === 0) start = { ...place };
        inputs.push(ids[0]);
        outputs.push(outputs.types.intern(tag));
      },
      blank: endSentence,
      endFile: endSentence,
      check(sentences) {
        if (sentences > 1 || longest < LONG_SENTENCE) return;
        throw new InputError(
          `${fileName(start.file)} is one sentence of ${longest} tokens: put an empty line behind each sentence.`,
        );
      },
      remarks() {
        if (joined === 0) return [];
        const text = `white space in tokens is read as _, as in ${example}: ${joined} ${joined === 1 ? 'token has' : 'tokens have'} some.`;
        return [{ about: 'tokens', text, warning: false, count: joined }];
      },
    };
  },
};

/** A token as one word: what white space parts, as in Vietnamese, is joined by the `_` that segmenters of such languages write. */
function asWord(token: Uint8Array): Buffer {
  return Buffer.from(
    Buffer.from(token)
      .toString()
      .trim()
      .replace(/\p{White_Space}+/gu, '_'),
  );
}
