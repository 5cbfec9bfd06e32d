/** Examples of `classify`: `label<TAB>text` a line, or `text` alone in the file of a class. */

import { layOutLabels } from '../batches/index.ts';
import { createSide, labelOutputs } from './example-sides.ts';
import type { ExampleReading } from './example-task.ts';
import { createTextScan } from './example-texts.ts';
import { createLabelTable } from './labels.ts';
import { lineError, splitFields } from './lines.ts';

export const classifyReading: ExampleReading = {
  classFiles: true,
  inputTokenizer: (choice) => choice,
  layOut: layOutLabels,
  open(inputs, { place, limit, strict, labels, fileLabel }) {
    const outputs = createSide(createLabelTable(place));
    const scan = createTextScan(inputs, limit);
    return {
      outputs: labelOutputs(outputs, { name: 'label', known: labels, strict }),
      line(bytes) {
        if (bytes.length === 0) return;
        const ofFile = fileLabel();
        if (ofFile && bytes.includes(0x09)) {
          throw lineError(
            place,
            "has a tab, but in a folder a file's name is the label: write the text alone, or name the file itself",
          );
        }
        const [name, text] = ofFile ? [ofFile, bytes] : splitFields(bytes, place, ['label', 'text']);
        scan(text, 'text');
        outputs.push(outputs.types.intern(name));
        inputs.end();
        outputs.end();
      },
      endFile() {},
    };
  },
};
