/** `lm inspect gradients`: how the gradient of the loss shrinks on its way back in time, as a plot and as numbers. */

import { decayChart, plotLines } from '../draw/index.ts';
import { createInspector, parameterSpecs, type Tensor } from '../engine/index.ts';
import { type Decay, decayOf } from '../inspect/index.ts';
import { initialValues, type ModelConfig } from '../model/index.ts';
import type { inspectOptions, OptionValues } from '../options/index.ts';
import { describeRun, findRun, loadRun, modelConfig } from '../run/index.ts';
import { count } from './format.ts';
import { checkLanguageModel, readSequences } from './inspect-common.ts';
import { writeFigure } from './losses.ts';
import { writeTable } from './table.ts';
import { medium, printable, writeJsonLine, writeLine } from './terminal.ts';

type Flags = Partial<OptionValues<typeof inspectOptions.gradients>>;

/** Losses whose gradients are averaged, and tokens read before a state of a stream is looked at, so that it is a usual one. */
const POSITIONS = 128;
const WARM_UP = 50;

/** Norms of one state of one layer; index k is k steps before the loss. */
interface Norms extends Decay {
  norms: number[];
}

interface Report {
  run: string;
  /** Losses that were averaged. */
  positions: number;
  /** The lowest layer first. */
  layers: { h: Norms; c?: Norms }[];
}

export async function gradients(paths: string[], flags: Flags): Promise<void> {
  const reports: Report[] = [];
  for (const path of paths) reports.push(await measure(path, flags));
  const chart = decayChart(
    `Gradient of the loss by the states before it, ${flags.atInit ? 'at initialisation' : 'after training'}`,
    reports.length > 1 ? reports.map(topLayer) : allStates(reports[0]),
  );
  if (flags.svg !== undefined) writeFigure(flags.svg, chart);
  if (flags.json) {
    await writeJsonLine({ atInit: flags.atInit ?? false, runs: reports });
    return;
  }
  for (const line of plotLines(chart, medium())) await writeLine(line);
  await writeLine('');
  await writeTable(
    ['run', 'layer', 'state', 'losses', 'nearest', 'farthest', 'steps', 'factor', '1/100 after'],
    reports.flatMap(({ run, positions, layers }) =>
      layers.flatMap((states, layer) =>
        Object.entries(states).map(([state, { norms, factor, hundredth }]: [string, Norms]) => [
          printable(run),
          String(layer + 1),
          state,
          count(positions),
          // The loss sees c through h alone.
          norms[state === 'c' ? 1 : 0].toExponential(1),
          norms[norms.length - 1].toExponential(1),
          String(norms.length - 1),
          Number.isNaN(factor) ? '' : factor.toFixed(3),
          hundredth === null ? 'never' : String(hundredth),
        ]),
      ),
    ),
  );
}

async function measure(path: string, { atInit = false, length = 200, file }: Flags): Promise<Report> {
  const folder = findRun(path);
  const run = atInit ? { ...describeRun(folder), parameters: [] } : loadRun(folder);
  checkLanguageModel(run, 'lm inspect gradients');
  const model = modelConfig(run.config);
  const sequences = await readSequences(run, file, POSITIONS, WARM_UP + length + 2);
  const parameters = atInit ? freshParameters(model, run.config.options.seed) : run.parameters;
  const inspector = createInspector(model, parameters, sequences[0].length);
  const layers = inspector.gradients(sequences, length).map(({ h, c }) => ({
    h: { norms: h, ...decayOf(h) },
    ...(c ? { c: { norms: c, ...decayOf(c) } } : {}),
  }));
  return { run: folder, positions: sequences.length, layers };
}

function freshParameters(model: ModelConfig, seed: number): Tensor[] {
  const specs = parameterSpecs(model);
  const initial = initialValues(specs, seed);
  return specs.map(({ name, shape }) => ({ name, shape, data: initial.get(name)! }));
}

/** With several runs, a line each: that of the states that the output sees. */
function topLayer({ run, layers }: Report): { name: string; norms: number[] } {
  return { name: run, norms: layers[layers.length - 1].h.norms };
}

function allStates({ layers }: Report): { name: string; norms: number[] }[] {
  return layers.flatMap(({ h, c }, layer) => [
    { name: `layer ${layer + 1}, h`, norms: h.norms },
    ...(c ? [{ name: `layer ${layer + 1}, c`, norms: c.norms }] : []),
  ]);
}
