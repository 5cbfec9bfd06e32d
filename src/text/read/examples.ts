/** Reads files of examples for a task: what a model reads, and what it is to say about it. */

import { createScanner, type NewTokenizer, type Tokenizer, tokenizerForm } from '../tokens/index.ts';
import type { Documents, Examples } from '../types.ts';
import type { TextStatistics } from './count.ts';
import { type ExampleFile, findExampleFiles, readClass } from './example-files.ts';
import { createSide, fitTexts } from './example-sides.ts';
import type { ExampleReading } from './example-task.ts';
import { type ExampleTask, exampleTasks } from './example-tasks.ts';
import { createLimit } from './example-texts.ts';
import { readPieces } from './files.ts';
import { type IsOwn, leftOutRemarks } from './find-files.ts';
import type { LinePlace } from './lines.ts';
import { repeatedRemarks } from './mistakes.ts';
import type { Remark } from './remarks.ts';
import { checkShare, chooseDocuments, refuseEmpty } from './split.ts';
import { createFormats, type FormatOptions } from './tables/formats.ts';

/** A part of the examples; its figures leave out the spaces between words. */
export interface ExamplePart {
  examples: Examples;
  /** Of the inputs. */
  statistics: TextStatistics;
  /** `translate`: of the targets, with their `<eos>`. */
  targetStatistics: TextStatistics | undefined;
}

export interface ExampleCorpus {
  task: ExampleTask;
  tokenizer: Tokenizer;
  /** For `translate`. */
  targetTokenizer: Tokenizer | undefined;
  /**
   * `classify`, `tag`: labels or tags by id, by falling count in the training part, then by code point; empty for
   * `translate`.
   */
  labels: string[];
  /** Those that are not among `labels`: an output of -1 - i is the label i of them. */
  unseen: string[];
  train: ExamplePart;
  valid: ExamplePart | undefined;
  /** Files read, in order, those for validation last. */
  files: string[];
  /** What there is to say about how the files were read. */
  remarks: Remark[];
  /** Bytes of text read. */
  bytes: number;
  /** Gives back memory and disk space. */
  close(): void;
}

export interface ExampleOptions extends FormatOptions {
  task: ExampleTask;
  /**
   * A new one for `tag` is always of pre-tokenized words with `unknownShapes`, and its `minCount` is 2 by default: it
   * is the words below that which teach what unknown ones are.
   */
  tokenizer: NewTokenizer | Tokenizer;
  /** `translate`: for the targets; as `tokenizer` by default, but with a vocabulary of its own if that is new. */
  targetTokenizer?: NewTokenizer | Tokenizer | undefined;
  /** Labels or tags that the model knows, by id; found in the training part if absent. */
  labels?: readonly string[] | undefined;
  /** Most tokens of an input or a target, without `<bos>` and `<eos>`; what has more is cut. */
  maxLength: number;
  /** Refuse what is longer, and labels that are not known, in place of cutting the one and taking the others for errors. */
  strict?: boolean;
  /** Put U+FFFD in the place of bytes that are not UTF-8, instead of refusing the file. */
  lossy?: boolean;
  /**
   * Share of the examples for validation, a seeded choice of them that leaves one of each label, from 0, which is the
   * default, to below 1.
   */
  valSplit?: number;
  /** Files or folders for validation, in place of a share of the others. */
  valid?: readonly string[];
  /** Chooses the examples for validation; 0 by default. */
  seed?: number;
  /** What folders hold that this program wrote itself, and that is no text. */
  isOwn?: IsOwn;
  /** Called with a file and its text, piece by piece, as it is read; a piece is valid during the call. */
  onText?: (file: string, bytes: Uint8Array) => void;
}

/**
 * Reads the examples in the files and folders `paths`. Lines end at LF, CRLF or CR. Beside the plain form of a task, two fields a line, there
 * are tables in other formats (see tables/read.ts), told or recognised.
 *
 * - `classify`: `label<TAB>text` a line; or a folder with one file a class, whose name without its last ending is the label and
 *   each of whose lines is a text; or a folder with a folder for each class, each of whose files is a text.
 * - `tag`: `token<TAB>tag` a line, an empty line between sentences. A token is one word of the vocabulary, whatever is in it.
 * - `translate`: `source<TAB>target` a line; a source may come again with another target.
 *
 * Empty lines are left out. Vocabularies and the order of labels are those of the training part.
 *
 * @example
 * const corpus = await readExamples(['names.tsv'], { task: 'classify', tokenizer: { kind: 'char' }, maxLength: 64 });
 * console.log(corpus.labels, corpus.train.examples.inputs.lengths.length);
 * corpus.close();
 *
 * @throws InputError for files that can't be read as text; naming file and line, for a line that is no example of the
 *   task, and what `strict` refuses; for one class alone, and for a
 *   part without examples.
 */
export async function readExamples(paths: readonly string[], options: ExampleOptions): Promise<ExampleCorpus> {
  const { task, valSplit = 0, seed = 0, strict = false, labels } = options;
  checkShare(valSplit);
  const reading: ExampleReading = exampleTasks[task];
  const place: LinePlace = { file: '', line: 0 };
  let bytes = 0;

  const choice = reading.inputTokenizer(options.tokenizer);
  const inputs = createSide(createScanner(tokenizerForm(choice), 'keep'));
  const targetTokenizer = options.targetTokenizer ?? options.tokenizer;
  const limit = createLimit(options.maxLength, strict, place);
  const rows = reading.open(inputs, { place, limit, strict, labels, targetTokenizer });
  const { outputs } = rows;
  const formats = createFormats(reading.roles, options);
  const form = { lossy: options.lossy, unicode: tokenizerForm(choice).unicode };
  const readAll = async (files: readonly ExampleFile[]): Promise<void> => {
    for (const file of files) {
      const pieces = readPieces(file.name, form, (piece) => {
        bytes += piece.length;
        options.onText?.(file.name, piece);
      });
      if (file.label === undefined) await formats.read(file.name, pieces, place, rows);
      else await readClass(file.label, file, pieces, place, rows);
      rows.endFile();
    }
  };
  const close = (): void => {
    inputs.close();
    outputs.close();
  };

  try {
    const trainFiles = await findExampleFiles(paths, reading.classFiles, options.isOwn);
    const validFiles = await findExampleFiles(options.valid ?? [], reading.classFiles, options.isOwn);
    await readAll(trainFiles.files);
    const trainSize = inputs.size();
    if (trainSize === 0) refuseEmpty(paths, 'no example');
    if (labels === undefined) rows.check?.(trainSize);
    await readAll(validFiles.files);
    let chosen: Uint8Array | undefined;
    if (validFiles.files.length > 0) chosen = new Uint8Array(inputs.size()).fill(1, trainSize);
    else if (valSplit > 0) {
      chosen = chooseDocuments(inputs.size(), valSplit, seed);
      outputs.keepNeeded(chosen);
    }

    const output = outputs.fit(chosen);
    const input = fitTexts(inputs, chosen, choice);
    const part = (which: 'train' | 'valid'): ExamplePart | undefined => {
      const documents = output[which];
      return (
        documents && {
          examples: { inputs: input[which]!, outputs: documents },
          statistics: input.statistics[which]!,
          targetStatistics: output.statistics?.[which],
        }
      );
    };
    const [train, valid] = [part('train')!, part('valid')];
    const sides = ({ examples }: ExamplePart): Documents[] => [examples.inputs, examples.outputs];
    return {
      task,
      tokenizer: input.tokenizer,
      targetTokenizer: output.tokenizer,
      labels: output.labels,
      unseen: output.unseen,
      train,
      valid,
      files: [...trainFiles.files, ...validFiles.files].map((file) => file.name),
      remarks: [
        ...leftOutRemarks([...trainFiles.leftOut, ...validFiles.leftOut]),
        ...formats.remarks(),
        ...outputs.remarks(),
        ...(rows.remarks?.() ?? []),
        ...limit.remarks(),
        ...repeatedRemarks(sides(train), valid && sides(valid)),
      ],
      bytes,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
