/** How the cost of training grows: one thing is varied, the rest stays at LSTM 2 x 256, batch 64, 69 characters. */

import { measure, type Section, type Settings, shorter } from './section.ts';
import type { Table } from './table.ts';
import { gigaflops } from './training.bench.ts';
import { CHARACTERS, characters, type TrainWork } from './work.ts';

interface Series {
  varied: string;
  values: readonly number[];
  at(value: number): TrainWork;
}

const SERIES: readonly Series[] = [
  { varied: 'hidden size', values: [128, 256, 512, 1024], at: (hidden) => characters('lstm', 2, hidden) },
  { varied: 'layers', values: [1, 2, 3, 4], at: (layers) => characters('lstm', layers, 256) },
  { varied: 'batch', values: [8, 16, 64, 256], at: (batchSize) => characters('lstm', 2, 256, batchSize) },
  {
    varied: 'vocabulary',
    values: [CHARACTERS, 500, 4000, 30_000],
    at: (vocabulary) => ({
      ...characters('lstm', 2, 256, 64, vocabulary),
      // As the command chooses: one-hot for characters, an embedding for words.
      embedding: vocabulary > CHARACTERS ? 256 : 0,
    }),
  },
];

export const benchGrowth: Section = async (settings) => {
  const rows: Table['rows'] = [];
  for (const { varied, values, at } of shorter(SERIES, 2, settings)) {
    for (const value of shorter(values, 2, settings)) rows.push(await point(varied, value, at(value), settings));
  }
  const work = characters('lstm', 2, 256);
  for (let threads = 1; threads <= settings.threads && !settings.quick; threads *= 2) {
    rows.push(await point('threads', threads, work, { ...settings, threads }));
  }
  return [
    {
      title: 'Growth',
      about: 'LSTM 2 x 256, batch 64, sequence length 64, vocabulary 69, all threads, but for what is varied.',
      columns: ['varied', 'value', 'tokens/s', 'microseconds a token', 'GFLOP/s', 'peak MB'],
      rows,
    },
  ];
};

async function point(varied: string, value: number, work: TrainWork, settings: Settings): Promise<Table['rows'][0]> {
  const { rate, peakMemory } = await measure(work, settings);
  return [varied, value.toLocaleString('en'), rate, 1e6 / rate, gigaflops(work, rate), peakMemory / 2 ** 20];
}
