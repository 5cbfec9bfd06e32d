/** `lm inspect gates`: what the gates of each layer do over a text, and for a text on the command line from token to token. */

import { plotHeat } from '../draw/index.ts';
import { type Activations, createInspector } from '../engine/index.ts';
import { InputError } from '../errors.ts';
import { activationsOf, gateStatistics, type LayerStatistics, mostVariable } from '../inspect/index.ts';
import type { inspectOptions, OptionValues } from '../options/index.ts';
import { findRun, loadRun, modelConfig, type Run } from '../run/index.ts';
import { BOS, type Tokenizer } from '../text/index.ts';
import { checkLanguageModel, readSequences } from './inspect-common.ts';
import { writeTable } from './table.ts';
import { medium, style, writeJsonLine, writeLine } from './terminal.ts';

type Flags = Partial<OptionValues<typeof inspectOptions.gates>>;

/** Of the text that a run was validated on: pieces, and tokens of each. */
const PIECES = 128;
const PIECE_TOKENS = 256;
/** Longest text on the command line, in tokens. */
const MOST_TOKENS = 10_000;
/** A unit that remembers longer is called slow. */
const SLOW = 50;

export async function gates(path: string, text: string | undefined, { file, units = 8, json }: Flags): Promise<void> {
  if (text !== undefined && file !== undefined) throw new InputError('Give a text or --file, not both.');
  const run = loadRun(findRun(path));
  checkLanguageModel(run, 'lm inspect gates');
  const model = modelConfig(run.config);
  const sequences = text === undefined ? await readSequences(run, file, PIECES, PIECE_TOKENS) : [tokensOf(run, text)];
  const inspector = createInspector(model, run.parameters, sequences[0].length);
  const statistics = gateStatistics(inspector, sequences, model);
  const shown =
    text === undefined ? [] : activationsOf(inspector, sequences[0]).map((all) => choose(all, model.hidden, units));
  const { states, candidates } = inspector.cell;
  if (json) {
    await writeJsonLine({
      run: run.folder,
      tokens: text === undefined ? undefined : labels(run.tokenizer, sequences[0]),
      layers: statistics.map((layer, i) => ({ ...layer, slow: slowUnits(layer), ...shown[i] })),
    });
    return;
  }
  for (const [i, layer] of statistics.entries()) {
    await writeLine(`${i > 0 ? '\n' : ''}${style.bold(`layer ${i + 1}`)}`);
    await writeStatistics(layer);
    if (!shown[i]) continue;
    for (const [name, values] of Object.entries(shown[i].values)) {
      if (candidates.includes(name) || (name === 'h' && 'c' in shown[i].values)) continue;
      const signed = states.includes(name);
      const largest = Math.max(...values.flat().map(Math.abs));
      const map = {
        title: name,
        rows: shown[i].units.map(String),
        columns: labels(run.tokenizer, sequences[0]),
        gap: run.tokenizer.scheme.impliesSpace ? (' ' as const) : ('' as const),
        values,
        low: signed ? -largest : 0,
        high: signed ? largest : 1,
      };
      await writeLine('');
      for (const line of plotHeat(map, medium())) await writeLine(line);
    }
  }
}

function tokensOf({ tokenizer, config }: Run, text: string): Int32Array {
  const tokens = tokenizer.encode(text);
  if (tokens.length === 0) throw new InputError('The text is empty; give some words.');
  if (tokens.length > MOST_TOKENS) {
    throw new InputError(`The text has ${tokens.length} tokens; give at most ${MOST_TOKENS}, or a --file.`);
  }
  return Int32Array.from(config.options.format === 'stream' ? tokens : [BOS, ...tokens]);
}

function labels({ vocabulary }: Tokenizer, tokens: Int32Array): string[] {
  return Array.from(tokens, (id) => vocabulary[id]);
}

/** The units (rows of the weights, from 0) whose state varies most over the text, with their values by name, unit and token. */
function choose(
  { h, c, ...gates }: Activations,
  hidden: number,
  count: number,
): { units: number[]; values: Record<string, number[][]> } {
  const units = mostVariable(c ?? h, hidden, count);
  const values = Object.entries({ ...gates, ...(c ? { c } : {}), h }).map(([name, list]) => [
    name,
    units.map((unit) => Array.from({ length: h.length / hidden }, (_, t) => list[t * hidden + unit])),
  ]);
  return { units, values: Object.fromEntries(values) };
}

async function writeStatistics(layer: LayerStatistics): Promise<void> {
  const share = (part: number): string => `${(100 * part).toFixed(0)} %`;
  await writeLine('');
  await writeTable(
    ['', 'mean', 'spread', 'near 0', 'beyond 0.9'],
    layer.gates.map(({ name, mean, spread, low, high }) => [
      name,
      mean.toFixed(3),
      spread.toFixed(3),
      share(low),
      share(high),
    ]),
  );
  const slow = slowUnits(layer);
  if (!slow) return;
  const all = layer.timeConstants!;
  const times = slow.slice(0, 10).map((unit) => `${unit} (${steps(all[unit])})`);
  await writeLine(
    `\n${slow.length} of ${all.length} units have a time constant over ${SLOW} steps${
      slow.length === 0 ? '' : `: ${times.join(', ')}${slow.length > times.length ? ', …' : ''}`
    }`,
  );
}

function steps(time: number): string {
  return time >= 1e6 ? 'over a million' : Math.round(time).toLocaleString('en');
}

/** Units with a time constant over 50 steps, the slowest first; undefined where a cell has none. */
function slowUnits({ timeConstants }: LayerStatistics): number[] | undefined {
  if (!timeConstants) return undefined;
  const units = [...timeConstants.keys()].filter((unit) => timeConstants[unit] > SLOW);
  return units.sort((a, b) => timeConstants[b] - timeConstants[a]);
}
