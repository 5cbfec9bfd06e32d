/** The files of examples, and the folders whose files are classes. */

import fs from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../errors.ts';
import { isBlank } from '../white-space.ts';
import { STDIN } from './files.ts';
import { findTextFiles, type IsOwn, type TextFiles } from './find-files.ts';
import { type LinePlace, lineError, readLines } from './lines.ts';
import type { RowTaker } from './tables/table.ts';

/** A file of examples, all of `label` if it is one of a folder of classes. */
export interface ExampleFile {
  name: string;
  label: Uint8Array | undefined;
  /** Whether it is a single text, not one a line. */
  single: boolean;
}

/**
 * Files of examples. Where `classFiles`, those of a folder have a label: their name without what follows the last dot, or, where all are in
 * folders in it, the name of their folder, and each is a single text.
 */
export async function findExampleFiles(
  paths: readonly string[],
  classFiles: boolean,
  isOwn?: IsOwn,
): Promise<{ files: ExampleFile[] } & Pick<TextFiles, 'leftOut'>> {
  const files: ExampleFile[] = [];
  const leftOut: TextFiles['leftOut'] = [];
  for (const at of paths) {
    const found = await findTextFiles([at], isOwn);
    leftOut.push(...found.leftOut);
    const isFolder = classFiles && at !== STDIN && (await fs.stat(at)).isDirectory();
    if (!isFolder) {
      for (const name of found.files) files.push({ name, label: undefined, single: false });
      continue;
    }
    const single = found.files.every((name) => path.resolve(path.dirname(name)) !== path.resolve(at));
    if (!single) checkClasses(at, found.files);
    for (const name of found.files) {
      const label = single ? path.basename(path.dirname(name)) : className(name);
      files.push({ name, label: Buffer.from(label), single });
    }
  }
  return { files, leftOut };
}

/** The label of a file that holds the texts of a class. */
function className(file: string): string {
  return path.parse(file.replace(/\.gz$/i, '')).name;
}

/** Gives the texts of a class to `taker`: a line each, or the whole file. */
export async function readClass(
  label: Uint8Array,
  { name, single }: ExampleFile,
  pieces: AsyncIterable<Uint8Array>,
  place: LinePlace,
  taker: RowTaker,
): Promise<void> {
  place.file = name;
  place.line = 0;
  if (single) {
    const parts: Buffer[] = [];
    for await (const bytes of pieces) parts.push(Buffer.from(bytes));
    const text = Buffer.concat(parts);
    place.line = 1;
    if (!isBlank(text)) taker.row(label, Buffer.from(text.toString().trimEnd()));
    return;
  }
  await readLines(pieces, place, (line) => {
    if (line.length === 0) return;
    if (line.includes(0x09)) {
      throw lineError(
        place,
        "has a tab, but in a folder a file's name is the label: write the text alone, or name the file itself",
      );
    }
    taker.row(label, line);
  });
}

/** Throws an InputError unless each file of a folder of classes is a class of its own. */
function checkClasses(folder: string, files: readonly string[]): void {
  const byLabel = new Map<string, string>();
  for (const file of files) {
    if (path.resolve(path.dirname(file)) !== path.resolve(folder)) {
      throw new InputError(
        `${file} is not in ${folder} itself, whose files are its labels: put all texts of a label into one file there, a text a line, or the files of each label into a folder, and no others beside them.`,
      );
    }
    const name = className(file);
    const other = byLabel.get(name);
    if (other !== undefined) {
      throw new InputError(
        `${other} and ${file} would both be the label ${name}: make one file of them, or rename one.`,
      );
    }
    byLabel.set(name, file);
  }
}
