/** Examples of `classify`: `label<TAB>text` a line, or `text` alone in the file of a class. */

import { layOutLabels } from '../batches/index.ts';
import { createSide, labelOutputs } from './example-sides.ts';
import type { ExampleReading } from './example-task.ts';
import { createTextScan } from './example-texts.ts';
import { createLabelTable } from './labels.ts';

export const classifyReading: ExampleReading = {
  classFiles: true,
  roles: ['label', 'text'],
  inputTokenizer: (choice) => choice,
  layOut: layOutLabels,
  open(inputs, { place, limit, strict, labels }) {
    const outputs = createSide(createLabelTable(place));
    const scan = createTextScan(inputs, limit);
    return {
      outputs: labelOutputs(outputs, { name: 'label', known: labels, strict }),
      row(label, text) {
        scan(text, 'text');
        outputs.push(outputs.types.intern(label));
        inputs.end();
        outputs.end();
      },
      blank() {},
      endFile() {},
    };
  },
};
