/** The networks that `npm run bench:gates` compares, at equal parameters, and their training. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelConfig } from '../src/model/index.ts';
import type { TrainOptions } from '../src/options/index.ts';
import { engine, library, model } from './built.ts';
import { progress } from './section.ts';

export interface Network extends Pick<ModelConfig, 'cell' | 'gruReset'> {
  /** In tables and figures, and (without spaces) in the names of folders. */
  name: string;
}

export const NETWORKS: readonly Network[] = [
  { name: 'vanilla RNN', cell: 'rnn', gruReset: 'after' },
  { name: 'simplified GRU', cell: 'gru', gruReset: 'none' },
  { name: 'GRU', cell: 'gru', gruReset: 'after' },
  { name: 'LSTM', cell: 'lstm', gruReset: 'after' },
];

/** The hidden size at which a network has about as many parameters as an LSTM of `lstmHidden`. */
export function equalHidden(
  network: Network,
  lstmHidden: number,
  shape: Pick<ModelConfig, 'layers' | 'vocabulary' | 'embedding'>,
): { hidden: number; parameters: number } {
  const parametersOf = ({ cell, gruReset }: Network, hidden: number): number =>
    engine
      .parameterSpecs(model.completeModel({ cell, gruReset, hidden, ...shape }))
      .reduce((sum, { shape }) => sum + model.elementCount(shape), 0);
  const aim = parametersOf({ name: 'LSTM', cell: 'lstm', gruReset: 'after' }, lstmHidden);
  let hidden = lstmHidden;
  while (parametersOf(network, hidden) < aim) hidden++;
  const above = parametersOf(network, hidden);
  const below = parametersOf(network, hidden - 1);
  if (above - aim > aim - below) return { hidden: hidden - 1, parameters: below };
  return { hidden, parameters: above };
}

export interface Trained {
  folder: string;
  /** Of the weights that are kept. */
  valLoss: number;
  /** Validation loss by seconds since the start, as training went. */
  curve: [seconds: number, valLoss: number][];
}

/** Trains a run into a folder, or takes what is there if it was finished with the same options. */
export async function trained(folder: string, options: Partial<TrainOptions>): Promise<Trained> {
  const found = finished(folder, options);
  if (found) return found;
  progress(`training ${folder}`);
  const curve: Trained['curve'] = [];
  const { done } = await library.train({
    ...options,
    out: folder,
    overwrite: true,
    onEvent: (event) => {
      if (event.event === 'eval') curve.push([event.elapsedSeconds, event.valLoss]);
    },
  });
  progress(`  validation loss ${done.valLoss!.toFixed(4)} at step ${done.bestStep} of ${done.step}`);
  return { folder, valLoss: done.valLoss!, curve };
}

function finished(folder: string, options: Partial<TrainOptions>): Trained | undefined {
  const path = join(folder, 'metrics.jsonl');
  if (!existsSync(path) || !existsSync(join(folder, 'config.json'))) return undefined;
  const events = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const done = events.at(-1);
  if (done?.event !== 'done' || done.reason === 'interrupted') return undefined;
  const recorded = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).options;
  const same = Object.entries(options).every(
    ([name, value]) => JSON.stringify(recorded[name]) === JSON.stringify(value),
  );
  if (!same) return undefined;
  const curve = events
    .filter(({ event }) => event === 'eval')
    .map(({ elapsedSeconds, valLoss }): [number, number] => [elapsedSeconds, valLoss]);
  return { folder, valLoss: done.valLoss, curve };
}

/**
 * The runs of a network, one a seed. The learning rate is the best of `rates` by the validation loss of the first seed;
 * those at which it fails are passed over.
 */
export async function trainedSeeds(
  folder: string,
  options: Partial<TrainOptions>,
  { rates, seeds }: { rates: readonly number[]; seeds: number },
): Promise<{ rate: number; runs: Trained[] }> {
  const at = (rate: number, seed: number): Promise<Trained> =>
    trained(`${folder}-rate-${rate}-seed-${seed}`, { ...options, learningRate: rate, seed });
  let best: { rate: number; run: Trained } | undefined;
  for (const rate of rates) {
    const run = await at(rate, 1).catch((error: unknown) => {
      if (!(error instanceof library.RunError)) throw error;
      progress(`  ${error.message}`);
    });
    if (run && (!best || run.valLoss < best.run.valLoss)) best = { rate, run };
  }
  if (!best) throw new Error(`${folder} learns with none of the rates.`);
  const { rate, run } = best;
  const runs = [run];
  for (let seed = 2; seed <= seeds; seed++) runs.push(await at(rate, seed));
  return { rate, runs };
}
