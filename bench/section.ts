/** What all parts of `npm run bench` share: their form, how long they measure, and the median of several runs. */

import { runOurs } from './child.ts';
import { medianBy } from './clock.ts';
import { counted, formatNumber, type Table } from './table.ts';
import type { Measurement, SampleWork, TrainMeasurement, TrainWork } from './work.ts';

export interface Settings {
  /** A minute for all parts together: fewer works, one short run of each. */
  quick: boolean;
  /** Runs of each work, of which the one in the middle counts. */
  runs: number;
  /** Seconds of each run. */
  seconds: number;
  threads: number;
}

export type Section = (settings: Settings) => Promise<Table[]>;

/** Tells on stderr how far it is. */
export function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

type MeasurementOf<W> = W extends TrainWork ? TrainMeasurement : Measurement;

/** The median run of a piece of work, each in a process of its own. */
export async function measure<W extends TrainWork | SampleWork>(
  work: W,
  { runs, seconds, threads }: Settings,
): Promise<MeasurementOf<W>> {
  const measured: Measurement[] = [];
  for (let i = 0; i < runs; i++) measured.push(await runOurs({ work, threads, seconds }));
  const middle = medianBy(measured, ({ rate }) => rate);
  const size = work.kind === 'train' ? `batch ${work.batchSize}` : counted(work.streams, 'stream');
  const unit = work.vocabulary < 1000 ? 'characters' : 'words';
  progress(`${work.name}, ${size}, ${counted(threads, 'thread')}: ${formatNumber(middle.rate)} ${unit}/s`);
  return middle as MeasurementOf<W>;
}

/** The first `count` of a list in a quick run, else all of it. */
export function shorter<T>(list: readonly T[], count: number, { quick }: Settings): readonly T[] {
  return quick ? list.slice(0, count) : list;
}

export const MEGABYTE = 2 ** 20;
