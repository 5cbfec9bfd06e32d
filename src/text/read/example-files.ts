/** The files of examples, and the folders whose files are classes. */

import fs from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../errors.ts';
import { findTextFiles } from './files.ts';

/** A file of examples, all of `label` if it is one of a folder of classes. */
export interface ExampleFile {
  name: string;
  label: Uint8Array | undefined;
}

/** Files of examples; those of a folder have their names, without what follows the last dot, as labels if `classFiles`. */
export async function findExampleFiles(
  paths: readonly string[],
  classFiles: boolean,
): Promise<{ files: ExampleFile[]; skipped: string[] }> {
  const files: ExampleFile[] = [];
  const skipped: string[] = [];
  for (const at of paths) {
    const found = await findTextFiles([at]);
    const isFolder = classFiles && (await fs.stat(at)).isDirectory();
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
