/** The lines of files of examples: `label<TAB>text`, `token<TAB>tag`, `source<TAB>target`. */

import fs from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../errors.ts';
import { EOS, type Scanner, scanWhole } from '../tokens/index.ts';
import type { ExampleSide } from './example-sides.ts';
import { findTextFiles } from './files.ts';
import type { LabelTable } from './labels.ts';
import { checkText, type LinePlace, lineError, splitFields } from './lines.ts';

const FIRST_ROOM = 1 << 10;

/** Takes the lines of files. */
export interface LineTaker {
  line(bytes: Uint8Array): void;
  endFile(): void;
}

/** Adds the tokens of a text to the open example of a side. */
function createTextScan(side: ExampleSide<Scanner>): (bytes: Uint8Array) => void {
  let ids = new Int32Array(FIRST_ROOM);
  return (bytes) => {
    if (ids.length < bytes.length + 4) ids = new Int32Array(bytes.length * 2 + 4);
    const count = scanWhole(side.types, bytes, ids);
    for (let i = 0; i < count; i++) side.push(ids[i]);
  };
}

function checkLength(what: string, tokens: number, maxLength: number, place: LinePlace): void {
  checkText(tokens, place, what);
  if (tokens > maxLength) {
    throw lineError(
      place,
      `has a ${what} of ${tokens} tokens, over the ${maxLength} of --max-length: raise it, or shorten the ${what}`,
    );
  }
}

/** `label<TAB>text`, or `text` alone in a file whose label is `label()`. */
export function classifyReader(
  inputs: ExampleSide<Scanner>,
  outputs: ExampleSide<LabelTable>,
  place: LinePlace,
  maxLength: number,
  label: () => Uint8Array | undefined,
): LineTaker {
  const scan = createTextScan(inputs);
  return {
    line(bytes) {
      if (bytes.length === 0) return;
      const ofFile = label();
      if (ofFile && bytes.includes(0x09)) {
        throw lineError(
          place,
          "has a tab, but in a folder a file's name is the label: write the text alone, or name the file itself",
        );
      }
      const [name, text] = ofFile ? [ofFile, bytes] : splitFields(bytes, place, ['label', 'text']);
      scan(text);
      checkLength('text', inputs.open(), maxLength, place);
      outputs.push(outputs.types.intern(name));
      inputs.end();
      outputs.end();
    },
    endFile() {},
  };
}

/** `token<TAB>tag`; an empty line and the end of a file end a sentence. */
export function tagReader(
  inputs: ExampleSide<Scanner>,
  outputs: ExampleSide<LabelTable>,
  place: LinePlace,
  maxLength: number,
): LineTaker {
  let ids = new Int32Array(FIRST_ROOM);
  let start = place;
  const endSentence = (): void => {
    if (inputs.open() === 0) return;
    checkLength('sentence', inputs.open(), maxLength, start);
    inputs.end();
    outputs.end();
  };
  return {
    line(bytes) {
      if (bytes.length === 0) return endSentence();
      const [token, tag] = splitFields(bytes, place, ['token', 'tag']);
      if (ids.length < token.length + 4) ids = new Int32Array(token.length * 2 + 4);
      if (scanWhole(inputs.types, token, ids) !== 1) {
        throw lineError(place, 'has a token with white space in it, or of over 1024 bytes: write it as one word');
      }
      if (inputs.open() === 0) start = { ...place };
      inputs.push(ids[0]);
      outputs.push(outputs.types.intern(tag));
    },
    endFile: endSentence,
  };
}

/** `source<TAB>target`; targets end with `<eos>`. */
export function translateReader(
  inputs: ExampleSide<Scanner>,
  outputs: ExampleSide<Scanner>,
  place: LinePlace,
  maxLength: number,
): LineTaker {
  const scanSource = createTextScan(inputs);
  const scanTarget = createTextScan(outputs);
  return {
    line(bytes) {
      if (bytes.length === 0) return;
      const [source, target] = splitFields(bytes, place, ['source', 'target']);
      scanSource(source);
      checkLength('source', inputs.open(), maxLength, place);
      scanTarget(target);
      checkLength('target', outputs.open(), maxLength, place);
      outputs.push(EOS);
      inputs.end();
      outputs.end();
    },
    endFile() {},
  };
}

/** A file of examples, all of `label` if it is one of a folder of classes. */
export interface ExampleFile {
  name: string;
  label: Uint8Array | undefined;
}

/** Files of examples; those of a folder have their names, without what follows the last dot, as labels if `folderLabels`. */
export async function findExampleFiles(
  paths: readonly string[],
  folderLabels: boolean,
): Promise<{ files: ExampleFile[]; skipped: string[] }> {
  const files: ExampleFile[] = [];
  const skipped: string[] = [];
  for (const at of paths) {
    const found = await findTextFiles([at]);
    const isFolder = folderLabels && (await fs.stat(at)).isDirectory();
    if (isFolder) checkClasses(at, found.files);
    for (const name of found.files) {
      files.push({ name, label: isFolder ? Buffer.from(path.parse(name).name) : undefined });
    }
    skipped.push(...found.skipped);
  }
  return { files, skipped };
}

/** Throws an InputError unless each file of a folder of classes is a class of its own. */
function checkClasses(folder: string, files: readonly string[]): void {
  const byLabel = new Map<string, string>();
  for (const file of files) {
    const { dir, name } = path.parse(file);
    if (path.resolve(dir) !== path.resolve(folder)) {
      throw new InputError(
        `${file} is not in ${folder} itself, whose files are its labels: put all texts of a label into one file there, a text a line.`,
      );
    }
    const other = byLabel.get(name);
    if (other !== undefined) {
      throw new InputError(
        `${other} and ${file} would both be the label ${name}: make one file of them, or rename one.`,
      );
    }
    byLabel.set(name, file);
  }
}
