/** `lm compare`: runs side by side: what differs in their options, their figures, and their losses. */

import type { Command } from 'commander';
import { plotLines } from '../draw/index.ts';
import { parameterSpecs } from '../engine/index.ts';
import { InputError } from '../errors.ts';
import { elementCount } from '../model/index.ts';
import { type CompleteOptions, compareOptions, type OptionValues } from '../options/index.ts';
import { findRun, type ListedRun, listedRun, modelConfig } from '../run/index.ts';
import { addFlags } from './flags.ts';
import { bestMeasure, count, duration } from './format.ts';
import { lossChart, lossesOf, writeFigure } from './losses.ts';
import { writeTable } from './table.ts';
import { medium, printable, writeJsonLine, writeLine } from './terminal.ts';

export function configure(command: Command): void {
  command.argument('<runs...>', "runs' folders, two or more");
  addFlags(command, compareOptions);
  command.action(compare);
}

async function compare(
  paths: string[],
  { by, svg, json }: Partial<OptionValues<typeof compareOptions>>,
): Promise<void> {
  if (paths.length < 2) throw new InputError('Name two runs or more to compare: lm compare runs/a runs/b.');
  const runs = paths.map((path) => listedRun(findRun(path)));
  const losses = runs.map(({ folder }) => lossesOf(folder));
  const axes = by === undefined ? (['step', 'time'] as const) : [by];
  const charts = axes.map((axis) => lossChart(`Validation loss by ${axis}`, losses, axis, ['valLoss']));
  if (svg !== undefined) writeFigure(svg, charts[0]);
  const differing = differences(runs);
  if (json) {
    await writeJsonLine({
      options: differing,
      runs: runs.map((run, i) => ({ parameters: parameterCount(run), ...run.summary, ...losses[i] })),
    });
    return;
  }
  const names = runs.map(({ folder }) => printable(folder));
  await writeTable(
    ['option', ...names],
    Object.entries(differing).map(([name, values]) => [name, ...values.map((value) => printable(shown(value)))]),
  );
  await writeLine('');
  await writeTable(['figure', ...names], figures(runs));
  for (const chart of charts) {
    await writeLine('');
    for (const line of plotLines(chart, medium())) await writeLine(line);
  }
}

/** The options of which not all runs have the same value, with their values. */
function differences(runs: readonly ListedRun[]): Record<string, unknown[]> {
  const names = Object.keys(runs[0].config.options) as (keyof CompleteOptions)[];
  const rows = names.map((name) => [name, runs.map(({ config }) => config.options[name])] as const);
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  return Object.fromEntries(rows.filter(([, values]) => values.some((value) => !same(value, values[0]))));
}

function shown(value: unknown): string {
  if (value === null) return '-';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function parameterCount({ config }: ListedRun): number {
  return parameterSpecs(modelConfig(config)).reduce((sum, { shape }) => sum + elementCount(shape), 0);
}

/** A row a figure; rows that no run has are left out. */
function figures(runs: readonly ListedRun[]): string[][] {
  const rows: [string, (run: ListedRun) => string][] = [
    ['state', ({ state }) => state],
    ['parameters', (run) => count(parameterCount(run))],
    ['steps', ({ summary }) => count(summary.step)],
    ['epochs', ({ summary }) => summary.epoch.toFixed(1)],
    ['time', ({ summary }) => duration(summary.elapsedSeconds)],
    ['tokens a second', ({ summary }) => speed(summary)],
    ['training loss, last', ({ summary }) => summary.trainLoss?.toFixed(4) ?? ''],
    ['validation loss, best', ({ summary }) => summary.valLoss?.toFixed(4) ?? ''],
    ['with it', bestMeasure],
    ['at step', ({ summary }) => (summary.bestStep === null ? '' : count(summary.bestStep))],
  ];
  return rows
    .map(([name, figure]) => [name, ...runs.map(figure)])
    .filter(([, ...values]) => values.some((value) => value !== ''));
}

function speed({ tokens, elapsedSeconds }: ListedRun['summary']): string {
  return elapsedSeconds > 0 ? count(tokens / elapsedSeconds) : '';
}
