/** Examples of `tag`: `token<TAB>tag` a line; an empty line and the end of a file end a sentence. */

import { layOutLabels } from '../batches/index.ts';
import { roomFor, scanWhole } from '../tokens/index.ts';
import { createSide, labelOutputs } from './example-sides.ts';
import type { ExampleReading } from './example-task.ts';
import { checkLength } from './example-texts.ts';
import { createLabelTable } from './labels.ts';
import { lineError, splitFields } from './lines.ts';

export const tagReading: ExampleReading = {
  classFiles: false,
  // The words that come once teach what unknown ones are.
  inputTokenizer(choice) {
    if ('vocabulary' in choice) return choice;
    return { ...choice, kind: 'word', pretokenized: true, unknownShapes: true, minCount: choice.minCount ?? 2 };
  },
  layOut: layOutLabels,
  open(inputs, { place, maxLength, labels }) {
    const outputs = createSide(createLabelTable(place));
    let ids = new Int32Array(0);
    let start = place;
    const endSentence = (): void => {
      if (inputs.open() === 0) return;
      checkLength('sentence', inputs.open(), maxLength, start);
      inputs.end();
      outputs.end();
    };
    return {
      outputs: labelOutputs(outputs, 'tag', labels),
      line(bytes) {
        if (bytes.length === 0) return endSentence();
        const [token, tag] = splitFields(bytes, place, ['token', 'tag']);
        ids = roomFor(inputs.types, token.length, ids);
        if (scanWhole(inputs.types, token, ids) !== 1) {
          throw lineError(place, 'has a token with white space in it, or of over 1024 bytes: write it as one word');
        }
        if (inputs.open() === 0) start = { ...place };
        inputs.push(ids[0]);
        outputs.push(outputs.types.intern(tag));
      },
      endFile: endSentence,
    };
  },
};
