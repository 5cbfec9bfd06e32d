/**
 * What the ids of a run stand for, and the files that say so: `tokenizer.json`, for translators `target-tokenizer.json`, for
 * labels and tags `labels.json`, a list of them by id. Each is checked when it is read.
 */

import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { parseTokenizer, type Tokenizer } from '../text/index.ts';
import type { RunConfig } from './config.ts';
import { readRunText } from './files.ts';
import { parseJson } from './json.ts';
import { OUTPUTS } from './outputs.ts';

export const TOKENIZER_FILE = 'tokenizer.json';
export const TARGET_TOKENIZER_FILE = 'target-tokenizer.json';
export const LABELS_FILE = 'labels.json';

export interface Vocabularies {
  tokenizer: Tokenizer;
  /** What the output is written in, where that has a vocabulary of its own: `translate`. */
  targetTokenizer: Tokenizer | undefined;
  /** Labels or tags by id: `classify`, `tag`; empty for other tasks. */
  labels: readonly string[];
}

export interface VocabularyFile {
  file: string;
  text: string;
}

/** How many outputs there are to choose from; `null` where they are the vocabulary of the inputs. */
export function outputCount({ targetTokenizer, labels }: Vocabularies): number | null {
  if (targetTokenizer) return targetTokenizer.vocabulary.length;
  return labels.length > 0 ? labels.length : null;
}

/** The files that hold vocabularies, in the order in which checksums take them. */
export function vocabularyFiles({ tokenizer, targetTokenizer, labels }: Vocabularies): VocabularyFile[] {
  const text = (json: unknown): string => `${JSON.stringify(json, null, 2)}\n`;
  const files = [{ file: TOKENIZER_FILE, text: text(tokenizer.toJSON()) }];
  if (targetTokenizer) files.push({ file: TARGET_TOKENIZER_FILE, text: text(targetTokenizer.toJSON()) });
  if (labels.length > 0) files.push({ file: LABELS_FILE, text: text(labels) });
  return files;
}

/**
 * Reads the vocabularies of the run in `folder`, and their texts one after the other. Throws an InputError for files that are
 * damaged or don't fit the configuration.
 */
export function readVocabularies(
  folder: string,
  { options: { task }, vocabulary, classes }: RunConfig,
): Vocabularies & { vocabularyText: string } {
  const texts: string[] = [];
  const read = <T>(file: string, parse: (json: unknown, path: string) => T): T => {
    const path = join(folder, file);
    const text = readRunText(path);
    texts.push(text);
    return parse(parseJson(text, path), path);
  };
  const tokenizerOf = (file: string, size: number): Tokenizer =>
    read(file, (json, path) => {
      const tokenizer = parseTokenizer(json, path);
      checkSize(path, 'tokens', tokenizer.vocabulary.length, size);
      return tokenizer;
    });
  const tokenizer = tokenizerOf(TOKENIZER_FILE, vocabulary);
  const readLabels = (): string[] =>
    read(LABELS_FILE, (json, path) => {
      const labels = parseLabels(json, path);
      checkSize(path, 'labels', labels.length, classes!);
      return labels;
    });
  const outputs = OUTPUTS[task];
  const targetTokenizer = outputs === 'targets' ? tokenizerOf(TARGET_TOKENIZER_FILE, classes!) : undefined;
  const labels = outputs === 'labels' ? readLabels() : [];
  return { tokenizer, targetTokenizer, labels, vocabularyText: texts.join('') };
}

function checkSize(path: string, what: string, found: number, wanted: number): void {
  if (found !== wanted) {
    throw new InputError(`${path} does not fit config.json: it has ${found} ${what}, not ${wanted}.`);
  }
}

/** A label is what a line of a file can hold before a tab. */
export function parseLabels(json: unknown, path: string): string[] {
  const refuse = (problem: string): never => {
    throw new InputError(`${path} is damaged: ${problem}; restore the file or train again.`);
  };
  if (!Array.isArray(json)) return refuse('it is no list of labels');
  const labels = json.map((label: unknown, id): string =>
    typeof label === 'string' && label.trim() !== '' && !/[\t\r\n\p{Cs}]/u.test(label)
      ? label
      : refuse(`label ${id} is no text of one line`),
  );
  if (new Set(labels).size < labels.length) refuse('a label comes twice');
  return labels;
}
