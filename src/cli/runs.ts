/** `lm runs`: the runs of a folder, and how they stand. */

import { basename } from 'node:path';
import type { Command } from 'commander';
import { type OptionValues, type RunOrder, runsOptions } from '../options/index.ts';
import { type ListedRun, listRuns } from '../run/index.ts';
import { addFlags } from './flags.ts';
import { bestMeasure, corpusName, duration, modelName } from './format.ts';
import { writeTable } from './table.ts';
import { note, printable, warn, writeJsonLine } from './terminal.ts';

export function configure(command: Command): void {
  command.argument('[dir]', 'a folder of runs (default: runs/)');
  addFlags(command, runsOptions);
  command.action(runs);
}

async function runs(
  dir: string | undefined,
  { sort = 'when', json }: Partial<OptionValues<typeof runsOptions>>,
): Promise<void> {
  const found = listRuns(dir);
  const readable = found.filter((run) => 'config' in run).sort(ORDERS[sort]);
  for (const run of found) if ('error' in run) warn(`${run.folder} is left out: ${run.error}`);
  if (json) {
    for (const run of readable) await writeJsonLine(asJson(run));
    return;
  }
  if (readable.length === 0) {
    note(`There are no runs in ${dir ?? 'runs/'}; lm train makes one.`);
    return;
  }
  await writeTable(
    ['run', 'task', 'text', 'model', 'loss', '', 'at step', 'trained', 'last', 'state'],
    readable.map((run) => {
      const { folder, config, summary, state, trainedAt } = run;
      return [
        printable(basename(folder)),
        config.options.task,
        printable(corpusName(config.options.files)),
        modelName(config).split(',')[0],
        summary.valLoss === null ? '' : summary.valLoss.toFixed(4),
        bestMeasure(run),
        summary.bestStep === null ? '' : String(summary.bestStep),
        duration(summary.elapsedSeconds),
        localTime(trainedAt),
        state,
      ];
    }),
  );
}

/** 2026-01-31 17:05, by the clock on the wall. */
function localTime(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What comes first: the newest, the lowest loss, the longest training, the first name. */
const ORDERS: { readonly [O in RunOrder]: (a: ListedRun, b: ListedRun) => number } = {
  when: (a, b) => b.trainedAt.getTime() - a.trainedAt.getTime(),
  loss: (a, b) => (a.summary.valLoss ?? Infinity) - (b.summary.valLoss ?? Infinity) || 0,
  time: (a, b) => b.summary.elapsedSeconds - a.summary.elapsedSeconds,
  name: (a, b) => (a.folder < b.folder ? -1 : 1),
};

function asJson({ folder, config, summary, state, trainedAt }: ListedRun): object {
  const { task, files, cell, layers, hidden } = config.options;
  return { run: folder, task, files, cell, layers, hidden, state, trainedAt: trainedAt.toISOString(), ...summary };
}
