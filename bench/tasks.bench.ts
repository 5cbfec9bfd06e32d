/** Training the other tasks: what a token costs a tagger and a translator, beside a language model of the same layers. */

import { trainingBatches } from './batches.ts';
import { measure, type Section, shorter } from './section.ts';
import type { Table } from './table.ts';
import { gigaflops, percent, profile } from './training.bench.ts';
import { asLanguageModel, operationsPerToken, TASK_GRID } from './work.ts';

export const benchTasks: Section = async (settings) => {
  const works = shorter(TASK_GRID, 1, settings);
  const rows: Table['rows'] = [];
  for (const task of works) {
    const languageModel = asLanguageModel(task);
    const reference = await measure(languageModel, settings);
    const measured = await measure(task, settings);
    for (const [work, { rate }] of [
      [languageModel, reference],
      [task, measured],
    ] as const) {
      const { padding } = trainingBatches(work);
      const cost = gigaflops(languageModel, reference.rate) / gigaflops(work, rate);
      rows.push([
        work.name,
        String(work.batchSize),
        rate,
        percent(padding),
        (1e6 * (1 - padding)) / rate,
        1e6 / rate,
        operationsPerToken(work) / 1e6,
        gigaflops(work, rate),
        cost * (1 - padding),
        cost,
      ]);
    }
  }
  return [
    {
      title: 'Training, tasks',
      about: `A tagger (layers in both directions, sentences of 1 to 60 words, 16 in the mean, vocabulary 10,000, embedding 128, 17 tags) and a translator (encoder in both directions, decoder, general attention; 3 to 14 letters to as many sounds or up to three fewer, vocabularies 40 and 50, one-hot input), sequences sorted by length in pools of 64 batches. Before each a language model of the same layers: in one direction, without padding, as many classes. Positions are time steps times batch, of sources and targets; tokens are those that are not padding. MFLOP are those of the matrix products that a token takes part in, attention's too; GFLOP/s those of tokens. The cost is the time for each of these operations as a multiple of the language model's: a position's when padding counts as work, a token's when it doesn't.`,
      columns: [
        'model',
        'batch',
        'tokens/s',
        'padding',
        'microseconds a position',
        'a token',
        'MFLOP a token',
        'GFLOP/s',
        "position's cost",
        "token's cost",
      ],
      rows,
    },
    await profile('tasks', works, settings),
  ];
};
