/** The scanner of each way to cut a text. */

import { charScanner } from './char.ts';
import type { LineEnds, Scanner } from './scanner.ts';
import type { TokenizerOptions } from './types.ts';
import { pretokenizedScanner, wordScanner } from './word-scanners.ts';

export function createScanner(options: TokenizerOptions, lineEnds: LineEnds): Scanner {
  if (options.kind === 'char') return charScanner(lineEnds);
  return options.pretokenized ? pretokenizedScanner(lineEnds) : wordScanner(lineEnds);
}
