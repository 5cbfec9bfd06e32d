/** The pages that are read: the README, the guide and its neighbours, taken apart for the tests. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Pages by their path in the repository. */
export const PAGES: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'bench/RESULTS.md',
  'corpora/README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export interface Block {
  /** What follows the opening fence, `''` for a shell's block. */
  language: string;
  /** Line of the page on which the code begins, from 1. */
  line: number;
  code: string;
}

export interface Page {
  /** The page with its code blocks left out, line by line, so that line numbers stay. */
  prose: string[];
  blocks: Block[];
}

export function readPage(page: string): Page {
  const prose: string[] = [];
  const blocks: Block[] = [];
  let open: Block | undefined;
  for (const [i, line] of readFileSync(join(ROOT, page), 'utf8').split('\n').entries()) {
    const fence = /^\s*```(\w*)\s*$/.exec(line);
    prose.push(open || fence ? '' : line);
    if (open === undefined && fence) open = { language: fence[1], line: i + 2, code: '' };
    else if (open && fence) {
      blocks.push(open);
      open = undefined;
    } else if (open) open.code += `${line}\n`;
  }
  if (open) throw new Error(`${page}:${open.line}: a code block has no end.`);
  return { prose, blocks };
}

/** What stands between backticks in a page's prose. */
export function inlineCode(prose: readonly string[]): { line: number; code: string }[] {
  return [...prose.join('\n').matchAll(/(?<!`)`([^`]+)`(?!`)/g)].map((match) => ({
    line: prose.join('\n').slice(0, match.index).split('\n').length,
    code: match[1].replaceAll('\n', ' ').replaceAll('\\|', '|'),
  }));
}
