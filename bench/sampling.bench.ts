/** Drawing characters from a model, one stream or many side by side. */

import { measure, type Section, shorter } from './section.ts';
import type { Table } from './table.ts';
import { sampling } from './work.ts';

export const benchSampling: Section = async (settings) => {
  const rows: Table['rows'] = [];
  for (const streams of shorter([1, 64, 4, 16], 2, settings).toSorted((a, b) => a - b)) {
    const { rate } = await measure(sampling(streams), settings);
    rows.push(['LSTM 2 x 256', String(streams), rate, rate / streams]);
  }
  return [
    {
      title: 'Sampling',
      about: 'Characters a second drawn from a model of 69 tokens at temperature 1.',
      columns: ['model', 'streams', 'characters/s', 'of each stream'],
      rows,
    },
  ];
};
