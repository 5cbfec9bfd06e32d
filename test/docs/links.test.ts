/** Every link of the pages leads somewhere, in the repository and in the package, and every file they name is there. */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { inlineCode, PAGES, ROOT, readPage } from './pages.ts';

/** Paths of the files that the package would have. */
function packedFiles(): Set<string> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const report = execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(report) as [{ files: { path: string }[] }];
  return new Set(files.map(({ path }) => path));
}

/** The anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): Set<string> {
  const found = new Set<string>();
  for (const line of readPage(page).prose) {
    const heading = /^#+ (.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let unique = anchor;
    for (let n = 1; found.has(unique); n++) unique = `${anchor}-${n}`;
    found.add(unique);
  }
  return found;
}

interface Link {
  /** Page and line. */
  from: string;
  /** Path in the repository. */
  path: string;
  anchor: string | undefined;
}

function links(page: string): Link[] {
  return readPage(page).prose.flatMap((line, i) =>
    [...line.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target): Link => {
        const [path, anchor] = target.split('#');
        return {
          from: `${page}:${i + 1}`,
          path: path === '' ? page : normalize(join(dirname(page), path)).replaceAll('\\', '/'),
          anchor,
        };
      }),
  );
}

const allLinks = PAGES.flatMap(links);

test('links and their anchors exist', () => {
  const broken = allLinks.filter(
    ({ path, anchor }) => !existsSync(join(ROOT, path)) || (anchor !== undefined && !anchors(path).has(anchor)),
  );
  expect(broken).toEqual([]);
});

test('what a page links to is in the package', () => {
  const packed = packedFiles();
  expect(PAGES.filter((page) => !packed.has(page))).toEqual([]);
  expect(allLinks.filter(({ path }) => !packed.has(path))).toEqual([]);
}, 60_000);

test('files that a page names exist', () => {
  const folders = ['bench', 'bin', 'corpora', 'docs', 'scripts', 'src', 'test'];
  const paths = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map(
      (path) => `${folder}/${path.replaceAll('\\', '/')}`,
    ),
  );
  const all = new Set([...folders, ...paths]);
  const names = new Set(paths.map((path) => path.split('/').pop()));
  const isThere = (code: string): boolean => {
    const pattern = /^(.*)\/\*([\w.]+)$/.exec(code);
    if (pattern) return paths.some((path) => path.startsWith(`${pattern[1]}/`) && path.endsWith(pattern[2]));
    if (folders.some((folder) => code.startsWith(`${folder}/`)) && !code.includes(' ')) return all.has(code);
    return !/^[\w-]+\.ts$/.test(code) || names.has(code);
  };
  const missing = PAGES.flatMap((page) =>
    inlineCode(readPage(page).prose)
      .filter(({ code }) => !isThere(code))
      .map(({ line, code }) => `${page}:${line} ${code}`),
  );
  expect(missing).toEqual([]);
});

test('the README is at most 10 kB', () => {
  expect(readFileSync(join(ROOT, 'README.md')).length).toBeLessThanOrEqual(10_000);
});

test('commands of npm that a page names exist', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const missing = PAGES.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/npm run ([\w:]+)/g)].map(([, name]) => `${page} ${name}`),
  ).filter((named) => !Object.hasOwn(scripts, named.split(' ')[1]));
  expect(missing).toEqual([]);
});
