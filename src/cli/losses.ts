/** The losses of runs as a chart, for `lm plot` and `lm compare`, and as a file of their own. */

import { writeFileSync } from 'node:fs';
import { type Chart, lineChart, type Series } from '../draw/index.ts';
import { InputError } from '../errors.ts';
import type { CurveAxis } from '../options/index.ts';
import { type Position, readHistory, reason } from '../run/index.ts';

/** What lies along a curve: where an event stands on it, and what the axis is called. */
const AXES: { readonly [A in CurveAxis]: { label: string; at(position: Position): number } } = {
  step: { label: 'steps', at: ({ step }) => step },
  time: { label: 'seconds', at: ({ elapsedSeconds }) => elapsedSeconds },
  epoch: { label: 'epochs', at: ({ epoch }) => epoch },
  token: { label: 'tokens', at: ({ tokens }) => tokens },
};

/** Losses at the evaluations of a run: of training, the mean since the evaluation before, and of validation. */
export interface Losses {
  run: string;
  points: (Position & { trainLoss: number; valLoss: number })[];
}

export function lossesOf(run: string): Losses {
  const points: Losses['points'] = [];
  for (const event of readHistory(run)) {
    if (event.event !== 'eval') continue;
    const { step, epoch, tokens, elapsedSeconds, trainLoss, valLoss } = event;
    points.push({ step, epoch, tokens, elapsedSeconds, trainLoss, valLoss });
  }
  return { run, points };
}

/** A curve for each kind of loss of each run; `kinds` are in the order of the legend. */
export function lossChart(
  title: string,
  runs: readonly Losses[],
  axis: CurveAxis,
  kinds: readonly ('trainLoss' | 'valLoss')[],
): Chart {
  const { label, at } = AXES[axis];
  const names = { trainLoss: 'training', valLoss: 'validation' };
  return {
    title,
    x: { label },
    y: { label: 'loss, nats a token' },
    series: runs.flatMap(({ run, points }) =>
      kinds.map(
        (kind, i): Series => ({
          name: runs.length > 1 ? `${run}${kinds.length > 1 ? `, ${names[kind]}` : ''}` : names[kind],
          points: points.map((point) => [at(point), point[kind]]),
          ...(i > 0 ? { dashed: true } : {}),
        }),
      ),
    ),
  };
}

/** Writes a chart as an SVG file. Throws an InputError where that can't be. */
export function writeFigure(file: string, chart: Chart): void {
  try {
    writeFileSync(file, lineChart(chart));
  } catch (error) {
    throw new InputError(`The figure can't be written to ${file}: ${reason(error)}; name another --svg file.`);
  }
}
