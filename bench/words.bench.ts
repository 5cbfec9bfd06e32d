/** Training on words: with a softmax over all of the vocabulary, and with an adaptive one where that is too large. */

import { MEGABYTE, measure, type Section, type Settings, shorter } from './section.ts';
import type { Table } from './table.ts';
import { gigaflops, percent, profile, shareOfKernel } from './training.bench.ts';
import { manyWords, WORD_GRID } from './work.ts';

export const benchWords: Section = async (settings) => {
  const works = shorter(WORD_GRID, 1, settings);
  const rows: Table['rows'] = [];
  for (const work of works) {
    const measured = await measure(work, settings);
    const { rate, engineMemory, peakMemory } = measured;
    const share = percent(shareOfKernel(work, measured, settings.threads));
    const memory = [engineMemory / MEGABYTE, peakMemory / MEGABYTE];
    rows.push([work.name, String(work.batchSize), rate, gigaflops(work, rate), share, ...memory]);
  }
  return [
    {
      title: 'Training, words',
      about:
        'Sequence length 35, vocabulary 10,000, exact softmax, tied embedding; made-up tokens in the proportions of a text.',
      columns: ['model', 'batch', 'words/s', 'GFLOP/s', 'share of kernel', 'engine MB', 'peak MB'],
      rows,
    },
    await profile('words', works, settings),
    ...(settings.quick ? [] : [await largeVocabulary(settings)]),
  ];
};

async function largeVocabulary(settings: Settings): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const softmax of ['adaptive', 'exact'] as const) {
    const work = manyWords(softmax);
    const { rate, engineMemory, peakMemory } = await measure(work, settings);
    const memory = [engineMemory / MEGABYTE, peakMemory / MEGABYTE];
    rows.push([softmax, work.cutoffs?.join(', ') ?? '', rate, ...memory]);
  }
  return {
    title: 'Training, a large vocabulary',
    about: 'LSTM 2 x 256, batch 64, sequence length 35, vocabulary 100,000, an embedding of 256, not tied.',
    columns: ['softmax', 'cut-offs', 'words/s', 'engine MB', 'peak MB'],
    rows,
  };
}
