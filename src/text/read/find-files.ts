/** Finds the text files that paths name: files, patterns of them, folders, the standard input. */

import fs from 'node:fs/promises';
import path from 'node:path';
import { InputError } from '../../errors.ts';
import { isText, readable, STDIN } from './files.ts';
import { type Remark, shortList } from './remarks.ts';

/** Why something in a folder is not read. */
type Reason = 'empty or no text' | 'a run' | 'hidden' | "an editor's copy";

export interface LeftOut {
  path: string;
  why: Reason;
}

export interface TextFiles {
  files: string[];
  /** What folders hold besides. */
  leftOut: LeftOut[];
}

/** Whether a path is one that this program wrote; see `belongsToRun`. */
export type IsOwn = (path: string) => boolean;

/** Copies and locks of Emacs, Vim, nano, patch, LibreOffice and Microsoft Office. */
const COPY = /~$|^#.*#$|^~\$|\.(bak|swp|swo|swn|orig|save|tmp)$/i;

/**
 * The files that `paths` name, in order. A folder stands for its text files and those of its folders, sorted by name, without
 * hidden ones, editors' copies, and what `isOwn`; symbolic links to files are followed, to folders not.
 *
 * @throws InputError for a path that does not exist or can't be read, and a folder without a text file.
 */
export async function findTextFiles(paths: readonly string[], isOwn: IsOwn = () => false): Promise<TextFiles> {
  const found: TextFiles = { files: [], leftOut: [] };
  const without: string[] = [];
  for (const name of paths) {
    if (name === STDIN || !(await readable(name, () => fs.stat(name))).isDirectory()) {
      found.files.push(name);
      continue;
    }
    const before = found.files.length;
    await walk(name, isOwn, found);
    if (found.files.length === before) without.push(name);
  }
  // Where the shell makes `*` the texts and the folder of runs beside them, the runs are no mistake.
  const wrong = without.find((folder) => found.files.length === 0 || !holdsRuns(folder, found));
  if (wrong === undefined) return found;
  const why = holdsRuns(wrong, found) ? 'nothing but runs' : 'no text file';
  throw new InputError(`Folder ${wrong} holds ${why}; name a folder of UTF-8 text files.`);
}

function holdsRuns(folder: string, { leftOut }: TextFiles): boolean {
  return leftOut.some((one) => one.why === 'a run' && !path.relative(folder, one.path).startsWith('..'));
}

async function walk(folder: string, isOwn: IsOwn, found: TextFiles): Promise<void> {
  const entries = await readable(folder, () => fs.readdir(folder, { withFileTypes: true }));
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const name = path.join(folder, entry.name);
    const leave = (why: Reason) => found.leftOut.push({ path: name, why });
    if (entry.name.startsWith('.')) leave('hidden');
    else if (COPY.test(entry.name)) leave("an editor's copy");
    else if (isOwn(name)) leave('a run');
    else if (entry.isDirectory()) await walk(name, isOwn, found);
    else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(name)))) {
      if (await isText(name)) found.files.push(name);
      else leave('empty or no text');
    }
  }
}

async function isFile(name: string): Promise<boolean> {
  return fs.stat(name).then(
    (stat) => stat.isFile(),
    () => false,
  );
}

/** What is to be said of what was left out. */
export function leftOutRemarks(leftOut: readonly LeftOut[]): Remark[] {
  const reasons = [...new Set(leftOut.map(({ why }) => why))];
  return reasons.map((why) => {
    const paths = leftOut.filter((one) => one.why === why).map((one) => one.path);
    const warning = why === 'empty or no text';
    return { about: 'left out', text: `left out, as ${why}: ${shortList(paths)}.`, warning, count: paths.length };
  });
}

/** What makes a path a pattern, if there is no file of that name. */
const PATTERN = /[*?[{]/;

/**
 * Paths with each pattern (`texts/*.txt`) replaced by the files and folders that it names, as a shell would have done, sorted by name.
 *
 * @throws InputError for a pattern that names nothing.
 */
export async function expandPatterns(paths: readonly string[]): Promise<string[]> {
  const expanded: string[] = [];
  for (const name of paths) {
    if (!PATTERN.test(name) || (await exists(name))) {
      expanded.push(name);
      continue;
    }
    const { glob } = await import('tinyglobby');
    const pattern = process.platform === 'win32' ? name.replaceAll('\\', '/') : name;
    const options = { onlyFiles: false, expandDirectories: false, followSymbolicLinks: false };
    const names = (await glob(pattern, options)).map((found) => found.replace(/\/$/, '')).sort();
    if (names.length === 0) throw new InputError(`There is no file ${name}, nor one that this pattern names.`);
    expanded.push(...names);
  }
  return expanded;
}

async function exists(name: string): Promise<boolean> {
  return fs.stat(name).then(
    () => true,
    () => false,
  );
}
