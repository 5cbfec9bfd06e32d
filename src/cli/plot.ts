/** `lm plot`: how the losses of a run went. */

import type { Command } from 'commander';
import { plotLines } from '../draw/index.ts';
import { InputError } from '../errors.ts';
import { type OptionValues, plotOptions } from '../options/index.ts';
import { describeRun, findRun } from '../run/index.ts';
import { addFlags } from './flags.ts';
import { lossChart, lossesOf, writeFigure } from './losses.ts';
import { medium, writeJsonLine, writeLine } from './terminal.ts';

export function configure(command: Command): void {
  command.argument('[run]', "a run's folder, or a folder of runs for its newest (default: the newest in runs/)");
  addFlags(command, plotOptions);
  command.action(plot);
}

async function plot(
  path: string | undefined,
  { by = 'step', svg, json }: Partial<OptionValues<typeof plotOptions>>,
): Promise<void> {
  const { folder } = describeRun(findRun(path));
  const losses = lossesOf(folder);
  if (losses.points.length === 0) throw new InputError(`${folder} has no evaluation yet: there is nothing to plot.`);
  const chart = lossChart(`Losses of ${folder}`, [losses], by, ['trainLoss', 'valLoss']);
  if (svg !== undefined) writeFigure(svg, chart);
  if (json) return writeJsonLine(losses);
  for (const line of plotLines(chart, medium())) await writeLine(line);
}
