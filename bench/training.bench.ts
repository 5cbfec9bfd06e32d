/**
 * Training on characters: whole steps of the grid, on all cores and on one, how close they come to the kernels, and
 * what the time goes to.
 */

import { runOurs } from './child.ts';
import { MEGABYTE, measure, progress, type Section, type Settings, shorter } from './section.ts';
import { counted, formatNumber, type Table } from './table.ts';
import { BATCH_GRID, CHARACTER_GRID, operationsPerToken, type TrainMeasurement, type TrainWork } from './work.ts';

export const benchTraining: Section = async (settings) => {
  const works = [...shorter(CHARACTER_GRID, 3, settings), ...shorter(BATCH_GRID, 0, settings)];
  const rows: Table['rows'] = [];
  for (const work of works) {
    const all = await measure(work, settings);
    const one = await measure(work, { ...settings, threads: 1 });
    rows.push([
      work.name,
      String(work.batchSize),
      all.rate,
      gigaflops(work, all.rate),
      percent(shareOfKernel(work, all, settings.threads)),
      one.rate,
      percent(shareOfKernel(work, one, 1)),
      all.rate / one.rate,
      all.peakMemory / MEGABYTE,
    ]);
  }
  return [
    {
      title: 'Training, characters',
      about: `Whole steps (forward, backward, clip, Adam) at sequence length 64 and a vocabulary of 69. The share is that of the step's matrix products in threads times what the kernel reaches alone on one core, measured in the same process.`,
      columns: [
        'model',
        'batch',
        `characters/s, ${counted(settings.threads, 'thread')}`,
        'GFLOP/s',
        'share of kernel',
        'characters/s, 1 thread',
        'share of kernel, 1 thread',
        'gain',
        'peak MB',
      ],
      rows,
    },
    await profile('characters', works, settings),
  ];
};

/** Share of the time by phase, barriers included: a column for each. */
export async function profile(
  what: string,
  works: readonly TrainWork[],
  { seconds, threads }: Settings,
): Promise<Table> {
  const profiles: { work: TrainWork; phases: Record<string, number> }[] = [];
  for (const work of works) {
    progress(`profile of ${work.name}, batch ${work.batchSize}`);
    const { profile: phases } = await runOurs({ work, threads, seconds, profile: true });
    profiles.push({ work, phases });
  }
  const names = Object.keys(profiles[0]?.phases ?? {}).filter((name) =>
    profiles.some(({ phases }) => phases[name] > 0),
  );
  return {
    title: `Profile by phase, ${what}`,
    about: `Share of the time of ${counted(threads, 'thread')}, measured with the clocks of \`--profile\` on.`,
    columns: ['model', 'batch', ...names],
    rows: profiles.map(({ work, phases }) => {
      const total = names.reduce((sum, name) => sum + phases[name], 0);
      return [work.name, String(work.batchSize), ...names.map((name) => percent(phases[name] / total))];
    }),
  };
}

export function gigaflops(work: TrainWork, rate: number): number {
  return (operationsPerToken(work) * rate) / 1e9;
}

export function shareOfKernel(work: TrainWork, { rate, kernelRate }: TrainMeasurement, threads: number): number {
  return gigaflops(work, rate) / (threads * kernelRate);
}

export function percent(share: number): string {
  return `${formatNumber(share * 100)} %`;
}
