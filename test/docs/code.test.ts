/** The TypeScript of the pages, and of the library's own documentation, compiles against the package's types. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { PAGES, ROOT, readPage } from './pages.ts';

/** A program, and the place that it comes from: `page:line`. */
interface Example {
  from: string;
  code: string;
}

function pageExamples(): Example[] {
  return PAGES.flatMap((page) =>
    readPage(page)
      .blocks.filter(({ language }) => /^[jt]s$/.test(language))
      .map(({ line, code }) => ({ from: `${page}:${line}`, code })),
  );
}

/** The `@example` blocks of the sources that use the package as a user does. */
function documentedExamples(): Example[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.ts'),
  );
  return files.flatMap((file) => {
    const lines = readFileSync(join(ROOT, 'src', file), 'utf8').split('\n');
    return lines.flatMap((line, i): Example[] => {
      if (!/^\s*\* @example\s*$/.test(line)) return [];
      const rest = lines.slice(i + 1);
      const end = rest.findIndex((text) => /^\s*\*(?:\/| @)/.test(text));
      const code = rest
        .slice(0, end)
        .map((text) => text.replace(/^\s*\* ?/, ''))
        .join('\n');
      return code.includes("from 'gatelm'") ? [{ from: `src/${file}:${i + 2}`, code }] : [];
    });
  });
}

/** What `tsc --strict` says of the programs, each line with the place in the page; nothing if they are right. */
function compile(examples: readonly Example[]): string[] {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'node_modules'));
  link(join(ROOT, 'node_modules/@types'), join(folder, 'node_modules/@types'));
  link(ROOT, join(folder, 'node_modules', 'gatelm'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  examples.forEach(({ code }, i) => {
    writeFileSync(join(folder, `example-${i}.ts`), `${code}\nexport {};\n`);
  });
  const compilerOptions = { strict: true, target: 'es2023', module: 'nodenext', types: ['node'], noEmit: true };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr, error } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (error || stderr) throw new Error(`tsc did not run: ${error?.message ?? stderr}`);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) =>
      line.replace(/^example-(\d+)\.ts\((\d+),\d+\)/, (_, i, row) => {
        const [page, first] = examples[i].from.split(':');
        return `${page}:${Number(first) + Number(row) - 1}`;
      }),
    );
}

function link(to: string, path: string): void {
  symlinkSync(to, path, 'junction');
}

test('programs in the pages compile', () => {
  const examples = pageExamples();
  expect(examples.some(({ from }) => from.startsWith('README.md'))).toBe(true);
  expect(compile(examples)).toEqual([]);
}, 120_000);

test('examples in the documentation of the library compile', () => {
  const examples = documentedExamples();
  expect(examples.length).toBeGreaterThan(0);
  expect(compile(examples)).toEqual([]);
}, 120_000);

test('a program that is wrong is named by page and line', () => {
  const from = 'README.md:100';
  const wrong = "import { train } from 'gatelm';\nawait train({ hiden: 64 });\n";
  expect(compile([{ from, code: wrong }])).toEqual([expect.stringMatching(/^README\.md:101: error .*hiden/)]);
}, 120_000);
