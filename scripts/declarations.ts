/**
 * Completes the built type declarations for users of the library. Part of `npm run build`, after the compiler.
 *
 * The options get the documentation that their rows hold, so that an editor shows what each is. And the declarations get
 * what they need of WebAssembly's, which neither the language nor Node's types have, but only those of browsers.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { shownDefault, usedBy } from '../src/options/index.ts';
import { type OptionName, optionNames, trainOptions } from '../src/options/table.ts';

const DIST = new URL('../dist/', import.meta.url);

/** Empty, so that it says nothing else than the types of browsers do where a project has them. */
const WEBASSEMBLY = `declare namespace WebAssembly {
    interface Memory {
    }
}
`;

/** Hidden size of each layer (a whole number from 1 to 65,536). Default: 256; classify: 128; tag: 128; translate: 256. */
function documentation(name: OptionName): string {
  const row = trainOptions[name];
  const { help, expects, choices, value } = row;
  // A help that begins with a word of the command keeps it as it is written.
  const asWritten = /^\w+(, \w+)*:/.test(help) || choices?.some((word) => help.startsWith(word));
  const what = asWritten ? help : help[0].toUpperCase() + help.slice(1);
  const range = choices || value === undefined ? '' : ` (${expects})`;
  const tasks = row.tasks === undefined ? '' : usedBy(row.tasks).join(', ');
  const users = tasks === '' || help.startsWith(`${tasks}:`) ? '' : ` For ${tasks}.`;
  const standard = row.default === null ? 'Default, or `null`' : 'Default';
  return `${what}${range}.${users} ${standard}: ${shownDefault(name, row)}.`
    .replace(
      /--([a-z-]+)/g,
      (_, flag: string) => `\`${flag.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase())}\``,
    )
    .replace(/[\w/]*(<\w+>\w*)+/g, '`$&`');
}

/** An interface that gets its members from the tables. */
const DERIVED = /^export interface (\w+Options) extends .* \{\n\}/gm;

/** Replaces the text of a built file; throws if that leaves it as it is. */
function edit(file: string, change: (text: string) => string): void {
  const path = new URL(file, DIST);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`dist/${file} has no place for what is to be added: has its source changed?`);
  writeFileSync(path, after);
}

edit('options/table.d.ts', (text) =>
  text.replace(DERIVED, (declaration, name: string) => {
    const optional = name === 'TrainOptions' ? '' : '?';
    const members = optionNames.map(
      (option) => `    /** ${documentation(option)} */\n    ${option}${optional}: Fields['${option}'];`,
    );
    return declaration.replace(/\}$/, `${members.join('\n')}\n}`);
  }),
);
edit('index.d.ts', (text) => `/// <reference path="./webassembly.d.ts" />\n${text}`);
writeFileSync(new URL('webassembly.d.ts', DIST), WEBASSEMBLY);
