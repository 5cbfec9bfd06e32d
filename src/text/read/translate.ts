/** Examples of `translate`: `source<TAB>target` a line; targets end with `<eos>`. */

import { layOutPairs } from '../batches/index.ts';
import { createScanner, EOS, tokenizerForm } from '../tokens/index.ts';
import { createSide, textOutputs } from './example-sides.ts';
import type { ExampleReading } from './example-task.ts';
import { createTextScan } from './example-texts.ts';

export const translateReading: ExampleReading = {
  classFiles: false,
  roles: ['source', 'target'],
  inputTokenizer: (choice) => choice,
  layOut: layOutPairs,
  open(inputs, { limit, targetTokenizer }) {
    const outputs = createSide(createScanner(tokenizerForm(targetTokenizer), 'keep'));
    const scanSource = createTextScan(inputs, limit);
    const scanTarget = createTextScan(outputs, limit);
    return {
      outputs: textOutputs(outputs, targetTokenizer),
      row(source, target) {
        scanSource(source, 'source');
        scanTarget(target, 'target');
        outputs.push(EOS);
        inputs.end();
        outputs.end();
      },
      blank() {},
      endFile() {},
    };
  },
};
