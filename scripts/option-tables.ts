/**
 * Writes the tables of options into the pages that have a place for them: between `<!-- options: train model -->` and
 * `<!-- /options -->`.
 *
 *     npx tsx scripts/option-tables.ts [files...]           # README.md and docs/*.md by default
 *     npx tsx scripts/option-tables.ts --check [files...]   # writes nothing, fails if a table is not up to date
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { flagName } from '../src/errors.ts';
import {
  compareOptions,
  evalOptions,
  infoOptions,
  inspectOptions,
  type OptionRow,
  type OptionTable,
  plotOptions,
  predictOptions,
  runOptions,
  runsOptions,
  sampleOptions,
  scoreOptions,
  shownDefault,
  shownFlag,
  trainGroups,
  usedBy,
} from '../src/options/index.ts';

const TABLES: Readonly<Record<string, () => string[]>> = {
  'train text': () => tableOf(trainGroups.text.options),
  'train model': () => tableOf(trainGroups.model.options),
  'train length': () => tableOf(trainGroups.length.options),
  'train optimizer': () => tableOf(trainGroups.optimizer.options),
  'train machine': () => tableOf(trainGroups.machine.options),
  'train run': () => tableOf(runOptions),
  sample: () => tableOf(sampleOptions),
  predict: () => tableOf(predictOptions),
  score: () => tableOf(scoreOptions),
  eval: () => tableOf(evalOptions),
  inspect: () => tableOfParts(inspectOptions),
  info: () => tableOf(infoOptions),
  runs: () => tableOf(runsOptions),
  compare: () => tableOf(compareOptions),
  plot: () => tableOf(plotOptions),
};

const PLACE = /(<!-- options: ([a-z ]+) -->\n)[\s\S]*?(<!-- \/options -->)/g;

/** One table for a command of several parts; an option that all of them have in common comes once. */
function tableOfParts(parts: Readonly<Record<string, OptionTable>>): string[] {
  const tables = Object.values(parts);
  const common = (name: string): boolean => tables.every((table) => table[name] === tables[0][name]);
  const own = Object.entries(parts).flatMap(([part, table]) =>
    Object.entries(table)
      .filter(([name]) => !common(name))
      .map(([name, row]) => cells(name, row, `${part}: `)),
  );
  const shared = Object.entries(tables[0]).filter(([name]) => common(name));
  return rendered([...own, ...shared.map(([name, row]) => cells(name, row))]);
}

function tableOf(table: OptionTable): string[] {
  const flags = Object.entries(table).filter(([, { argument }]) => !argument);
  return rendered(flags.map(([name, row]) => cells(name, row)));
}

type Cells = readonly [option: string, help: string, tasks: string, standard: string];

function cells(name: string, row: OptionRow<unknown>, of = ''): Cells {
  const tasks = row.tasks === undefined ? '' : usedBy(row.tasks).join(', ');
  return [spelling(name, row), marked(of + row.help), tasks, marked(shownDefault(name, row) ?? '')];
}

function spelling(name: string, row: OptionRow<unknown>): string {
  const flag = row.choices ? `${flagName(name)} ${row.choices.join('\\|')}` : shownFlag(name, row);
  return `\`${flag}\`${row.negatable ? `, \`${flagName(name).replace('--', '--no-')}\`` : ''}`;
}

/** Flags, and what is in angle brackets, as code. */
function marked(text: string): string {
  return text.replaceAll('|', '\\|').replace(/--[a-z][a-z-]*|[\w/]*(<\w+>\w*)+/g, (code) => `\`${code}\``);
}

function rendered(rows: readonly Cells[]): string[] {
  const someTasks = rows.some(([, , tasks]) => tasks !== '');
  const line = ([option, help, tasks, standard]: Cells): string =>
    `| ${[option, help, ...(someTasks ? [tasks] : []), standard].join(' | ')} |`;
  const head = line(['option', 'what it does', 'for', 'default']);
  return [head, someTasks ? '|---|---|---|---|' : '|---|---|---|', ...rows.map(line)];
}

/** The page with its tables as they should be. Throws for a table that there is not. */
function filled(page: string, file: string): string {
  return page.replace(PLACE, (_, start: string, name: string, end: string) => {
    if (!Object.hasOwn(TABLES, name)) {
      throw new Error(`${file} has a place for options "${name}": there are ${Object.keys(TABLES).join(', ')}.`);
    }
    return `${start}${TABLES[name]().join('\n')}\n${end}`;
  });
}

/** The README and the pages of docs/. */
function pages(): string[] {
  const root = new URL('../', import.meta.url);
  const docs = readdirSync(new URL('docs', root)).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.map((name) => `docs/${name}`)].map((name) => fileURLToPath(new URL(name, root)));
}

const words = process.argv.slice(2);
const check = words.includes('--check');
const named = words.filter((word) => word !== '--check');
for (const file of named.length > 0 ? named : pages()) {
  const before = readFileSync(file, 'utf8');
  const after = filled(before, file);
  if (after === before) continue;
  if (check) {
    console.error(`error: the options in ${file} are not up to date: run npx tsx scripts/option-tables.ts.`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, after);
    console.log(`${file} written`);
  }
}
