/** The files of examples, and the folders whose files are classes. */

import fs from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../errors.ts';
import { STDIN } from './files.ts';
import { findTextFiles, type IsOwn, type TextFiles } from './find-files.ts';

/** A file of examples, all of `label` if it is one of a folder of classes. */
export interface ExampleFile {
  name: string;
  label: Uint8Array | undefined;
}

/** Files of examples; those of a folder have their names, without what follows the last dot, as labels if `classFiles`. */
export async function findExampleFiles(
  paths: readonly string[],
  classFiles: boolean,
  isOwn?: IsOwn,
): Promise<{ files: ExampleFile[] } & Pick<TextFiles, 'leftOut'>> {
  const files: ExampleFile[] = [];
  const leftOut: TextFiles['leftOut'] = [];
  for (const at of paths) {
    const found = await findTextFiles([at], isOwn);
    const isFolder = classFiles && at !== STDIN && (await fs.stat(at)).isDirectory();
    if (isFolder) checkClasses(at, found.files);
    for (const name of found.files) {
      files.push({ name, label: isFolder ? Buffer.from(path.parse(name).name) : undefined });
    }
    leftOut.push(...found.leftOut);
  }
  return { files, leftOut };
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
