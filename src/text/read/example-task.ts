/** What reading and batching know of a task whose files hold examples: a file keeps one of these for each task. */

import type { LayOutExamples } from '../batches/index.ts';
import type { NewTokenizer, Scanner, Tokenizer } from '../tokens/index.ts';
import type { ExampleOutputs, ExampleSide } from './example-sides.ts';
import type { Limit } from './example-texts.ts';
import type { LinePlace } from './lines.ts';
import type { Remark } from './remarks.ts';
import type { Roles } from './tables/columns.ts';
import type { RowTaker } from './tables/table.ts';

export interface ExampleReading {
  /** Whether the files of a folder are classes, each named for the label of all its texts. */
  readonly classFiles: boolean;
  /** What the two columns hold that it reads. */
  readonly roles: Roles;
  /** The tokenizer of what a model reads, by the one that was asked for. */
  inputTokenizer(choice: NewTokenizer | Tokenizer): NewTokenizer | Tokenizer;
  /** Begins to read: rows add to `inputs`, and to the outputs that are returned. */
  open(inputs: ExampleSide<Scanner>, context: ReadingContext): ExampleRows;
  /** How batches of such examples look. */
  readonly layOut: LayOutExamples;
}

export interface ReadingContext {
  /** Where reading is. */
  place: LinePlace;
  /** Of the tokens of an input or a target. */
  limit: Limit;
  /** Refuse labels that are not known, in place of taking them for errors. */
  strict: boolean;
  /** Labels that the model knows, by id. */
  labels: readonly string[] | undefined;
  /** For outputs that are texts. */
  targetTokenizer: NewTokenizer | Tokenizer;
}

/** Takes the rows of files. */
export interface ExampleRows extends RowTaker {
  outputs: ExampleOutputs;
  endFile(): void;
  /** Throws an InputError for so many examples to train on that are surely none. */
  check?(examples: number): void;
  remarks?(): Remark[];
}
