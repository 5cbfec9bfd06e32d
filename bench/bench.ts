/**
 * `npm run bench [-- options] [parts...]`: measures the built program on this machine and prints tables in Markdown.
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { benchGrowth } from './growth.bench.ts';
import { benchKernels } from './kernels.bench.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { benchMemory } from './memory.bench.ts';
import { benchReading } from './reading.bench.ts';
import { benchSampling } from './sampling.bench.ts';
import { progress, type Section, type Settings } from './section.ts';
import { benchStartup } from './startup.bench.ts';
import { counted, markdown, type Table } from './table.ts';
import { benchTasks } from './tasks.bench.ts';
import { benchTraining } from './training.bench.ts';
import { benchWords } from './words.bench.ts';

const SECTIONS: Record<string, Section> = {
  kernels: benchKernels,
  training: benchTraining,
  growth: benchGrowth,
  words: benchWords,
  tasks: benchTasks,
  sampling: benchSampling,
  startup: benchStartup,
  reading: benchReading,
  memory: benchMemory,
};

const program = new Command('bench')
  .description('Measures the built program; tables go to stdout as Markdown, progress to stderr.')
  .argument('[parts...]', `which parts: ${Object.keys(SECTIONS).join(', ')} (default: all)`)
  .option('--quick', 'fewer works and one short run of each: about a minute in all')
  .option('--runs <n>', 'runs of each work, of which the median counts', Number, 3)
  .option('--seconds <s>', 'seconds of each run', Number, 4)
  .option('--json <file>', 'save the tables and the machine as JSON')
  .parse();

const parts = program.args.length > 0 ? program.args : Object.keys(SECTIONS);
const unknown = parts.find((part) => !Object.hasOwn(SECTIONS, part));
if (unknown !== undefined) program.error(`error: there is no part ${unknown}; see --help.`);
const {
  quick = false,
  runs,
  seconds,
  json,
} = program.opts<{
  quick?: boolean;
  runs: number;
  seconds: number;
  json?: string;
}>();
const settings: Settings = {
  quick,
  runs: quick ? 1 : runs,
  seconds: quick ? 1 : seconds,
  threads: availableParallelism(),
};

const machine = thisMachine();
console.log(`${describeMachine(machine)}; median of ${counted(settings.runs, 'run')} of ${settings.seconds} s\n`);
const tables: Record<string, Table[]> = {};
for (const part of parts) {
  progress(`— ${part}`);
  tables[part] = await SECTIONS[part](settings);
  for (const table of tables[part]) console.log(`${markdown(table)}\n`);
}
if (json !== undefined) writeFileSync(json, `${JSON.stringify({ machine, settings, tables }, null, 2)}\n`);
