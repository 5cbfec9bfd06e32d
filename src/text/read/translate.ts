/** Examples of `translate`: `source<TAB>target` a line; targets end with `<eos>`. */

import { layOutPairs } from '../batches/index.ts';
import { createScanner, EOS, tokenizerForm } from '../tokens/index.ts';
import { createSide, textOutputs } from './example-sides.ts';
import type { ExampleReading } from './example-task.ts';
import { createTextScan } from './example-texts.ts';
import { splitFields } from './lines.ts';

export const translateReading: ExampleReading = {
  classFiles: false,
  inputTokenizer: (choice) => choice,
  layOut: layOutPairs,
  open(inputs, { place, limit, targetTokenizer }) {
    const outputs = createSide(createScanner(tokenizerForm(targetTokenizer), 'keep'));
    const scanSource = createTextScan(inputs, limit);
    const scanTarget = createTextScan(outputs, limit);
    return {
      outputs: textOutputs(outputs, targetTokenizer),
      line(bytes) {
        if (bytes.length === 0) return;
        const [source, target] = splitFields(bytes, place, ['source', 'target']);
        scanSource(source, 'source');
        scanTarget(target, 'target');
        outputs.push(EOS);
        inputs.end();
        outputs.end();
      },
      endFile() {},
    };
  },
};
