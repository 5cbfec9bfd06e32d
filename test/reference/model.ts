/**
 * The networks of all tasks in double precision, a row at a time: what the engine is compared with.
 * They share nothing with the engine but the names and shapes of the parameters.
 */

import type { ModelConfig } from '../../src/model/config.ts';
import type { Batch } from '../../src/text/types.ts';
import type { CellState } from './cells.ts';
import { chainLoss } from './crf.ts';
import { crossEntropy, type Output, runOutput, runPastOutput } from './output.ts';
import { type RowRun, runClassify, runFill, runTokens } from './rows.ts';
import { elementCount, outputWidth, parameterSpecs, type StackShape, stackShapes, stackWidth } from './shapes.ts';
import { type Mask, multiply } from './stack.ts';
import { runPair } from './translate.ts';

/** Flat row-major values by name. */
export type Values = Record<string, Float64Array>;

/** Dropout: what values are multiplied by on their way to the next layer. */
export interface Masks {
  /** By stack, for every layer but the last (T, B, W). */
  layers?: Partial<Record<StackShape['name'], readonly Float64Array[]>>;
  /** By stack (T, B, E). */
  embeddings?: Partial<Record<StackShape['name'], Float64Array>>;
  /** Of what the output layer reads: (T, B, its width), for `classify` (B, its width). */
  features?: Float64Array;
}

export interface Result {
  /** Summed cross-entropy of each row (B), in nats. */
  rowLosses: Float64Array;
  /** fill: the same by the past alone. */
  pastRowLosses: Float64Array;
  /** Mean cross-entropy over the positions with a target (classify: over the rows), in nats. */
  loss: number;
  /** Positions with a target; for `classify` rows. */
  tokens: number;
  /** (T, B, C), zero at positions beyond a row's length; for `classify` (B, C). */
  logProbabilities: Float64Array;
  /** (T, B), for `classify` (B): the likeliest class, with a CRF that of the likeliest sequence. */
  likeliest: Int32Array;
  /** fill: the same by the past alone. */
  pastLogProbabilities: Float64Array;
  /** translate: (T, B, S) weights of the source's positions; zero without attention and beyond the lengths. */
  attention: Float64Array;
  /** lm, and the past of `fill`: `h_l0` (B, H), for the LSTM `c_l0` (B, H), and so on. */
  state: Values;
  /** Of `loss`, by parameter; for `fill` of the sum of `loss` and the past's mean cross-entropy. */
  gradients: Values;
}

export function zeroParameters(config: ModelConfig): Values {
  return Object.fromEntries(
    parameterSpecs(config).map(({ name, shape }) => [name, new Float64Array(elementCount(shape))]),
  );
}

/** Whether a chunk may go on from the state that the one before left. */
export function carriesState({ task }: ModelConfig): boolean {
  return task === 'lm' || task === 'fill';
}

/** All zero: `h_lk`, and for the LSTM `c_lk`, (B, H) for every layer k. None for tasks that carry no state. */
export function zeroStates(config: ModelConfig, batchSize: number): Values {
  const states: Values = {};
  if (!carriesState(config)) return states;
  for (let layer = 0; layer < config.layers; layer++) {
    states[`h_l${layer}`] = new Float64Array(batchSize * config.hidden);
    if (config.cell === 'lstm') states[`c_l${layer}`] = new Float64Array(batchSize * config.hidden);
  }
  return states;
}

/** `runTask` for a language model, from `state`, with masks for its only stack. */
export function runModel(
  config: ModelConfig,
  parameters: Values,
  batch: Batch,
  state: Values,
  masks?: readonly Float64Array[],
): Result {
  return runTask(config, parameters, batch, { state, ...(masks && { masks: { layers: { rnn: masks } } }) });
}

/**
 * Forward and backward over one batch, from `state` (zero if absent). The batch's `fresh` is not looked at. Label
 * `smoothing` is in the gradients alone, as it is in the engine.
 */
export function runTask(
  config: ModelConfig,
  parameters: Values,
  batch: Batch,
  { state, masks = {}, smoothing = 0 }: { state?: Values; masks?: Masks; smoothing?: number } = {},
): Result {
  const classes = config.classes;
  const B = batch.inputs.length / batch.steps;
  const before = state ?? zeroStates(config, B);
  const lengths = Array.from({ length: B }, (_, row) => batch.lengths?.[row] ?? batch.steps);
  const targets = lengths.map((length, row) =>
    column(batch.targets, B, row, config.task === 'classify' ? Math.min(length, 1) : length),
  );
  const tokens = targets.flat().filter((target) => target >= 0).length;
  const sourceSteps = batch.source?.steps ?? 0;
  const fill = config.task === 'fill';
  const result: Result = {
    rowLosses: new Float64Array(B),
    pastRowLosses: new Float64Array(fill ? B : 0),
    loss: 0,
    tokens,
    logProbabilities: new Float64Array(batch.targets.length * classes),
    likeliest: new Int32Array(batch.targets.length),
    pastLogProbabilities: new Float64Array(fill ? batch.targets.length * classes : 0),
    attention: new Float64Array(batch.targets.length * sourceSteps),
    state: structuredClone(before),
    gradients: zeroParameters(config),
  };
  const { gradients } = result;

  for (let row = 0; row < B; row++) {
    if (lengths[row] === 0) continue;
    const run = runRow(config, parameters, batch, row, lengths[row], before, masks);
    const setRow = (values: Float64Array, width: number, vectors: readonly Float64Array[]) => {
      vectors.forEach((vector, t) => {
        values.set(vector, (t * B + row) * width);
      });
    };
    const mask = (t: number) => partOf(masks.features, outputWidth(config), t * B + row);
    const read = run.features.map((features, t) => multiply(features, mask(t)));
    const loss =
      config.output === 'crf'
        ? chainLoss(parameters, read, targets[row], 1 / tokens, gradients)
        : softmaxLoss(config, parameters, read, targets[row], 1 / tokens, gradients, smoothing);
    result.rowLosses[row] = loss.sum;
    setRow(result.logProbabilities, classes, loss.logProbabilities);
    loss.likeliest.forEach((id, t) => {
      result.likeliest[t * B + row] = id;
    });

    const pastOutputs = run.pastFeatures?.map((features) => runPastOutput(parameters, features));
    const pastLoss = pastOutputs && crossEntropy(pastOutputs, targets[row], 1 / tokens, gradients, smoothing);
    if (pastLoss) {
      result.pastRowLosses[row] = pastLoss.sum;
      setRow(result.pastLogProbabilities, classes, pastOutputs.map(logProbabilitiesOf));
    }
    setRow(result.attention, sourceSteps, run.attention ?? []);
    if (run.states) writeRow(result.state, row, run.states);
    const fromFeatures = loss.features.map((gradient, t) => multiply(gradient, mask(t)));
    run.backward(fromFeatures, pastLoss?.features, gradients);
  }
  result.loss = result.rowLosses.reduce((sum, loss) => sum + loss, 0) / tokens;
  return result;
}

/** A row's loss where outputs don't depend on each other. */
function softmaxLoss(
  config: ModelConfig,
  parameters: Values,
  features: readonly Float64Array[],
  ...rest: [targets: readonly number[], factor: number, gradients: Values, smoothing: number]
) {
  const outputs = features.map((one) => runOutput(config, parameters, one));
  const logProbabilities = outputs.map(logProbabilitiesOf);
  const likeliest = logProbabilities.map((values) => values.indexOf(Math.max(...values)));
  return { ...crossEntropy(outputs, ...rest), logProbabilities, likeliest };
}

const logProbabilitiesOf = ({ logProbabilities }: Output): Float64Array => logProbabilities;

/** One sequence of a batch through the network of its task. */
function runRow(
  config: ModelConfig,
  parameters: Values,
  batch: Batch,
  row: number,
  length: number,
  state: Values,
  masks: Masks,
): RowRun {
  const B = batch.inputs.length / batch.steps;
  const tokens = column(batch.inputs, B, row, length);
  const initial = () => readRow(config, state, row);
  const mask =
    (stack: StackShape['name'], ofRow = row): Mask =>
    (layer, t) => {
      const values = layer < 0 ? masks.embeddings?.[stack] : masks.layers?.[stack]?.[layer];
      const shape = stackShapes(config).find(({ name }) => name === stack)!;
      return partOf(values, layer < 0 ? config.embedding : stackWidth(config, shape), t * B + ofRow);
    };
  switch (config.task ?? 'lm') {
    case 'lm':
      return runTokens(config, parameters, tokens, mask('rnn'), initial());
    case 'tag':
      return runTokens(config, parameters, tokens, mask('rnn'));
    case 'classify':
      return runClassify(config, parameters, tokens, mask('rnn'));
    case 'fill': {
      const both = { past: mask('past'), future: mask('future') };
      return runFill(config, parameters, tokens, initial(), batch.carry ?? batch.steps, both);
    }
    case 'translate': {
      const { inputs, lengths, rows } = batch.source!;
      const source = rows[row];
      return runPair(config, parameters, {
        source: column(inputs, B, source, lengths[source]),
        target: tokens,
        sourceMask: mask('encoder', source),
        targetMask: mask('decoder'),
      });
    }
  }
}

/** Vector `index` of some of this width. */
function partOf(values: Float64Array | undefined, width: number, index: number): Float64Array | undefined {
  return values?.subarray(index * width, (index + 1) * width);
}

/** The first values of a row of a time-major (T, B). */
function column(values: Int32Array, B: number, row: number, length: number): number[] {
  return Array.from({ length }, (_, t) => values[t * B + row]);
}

function readRow({ layers, hidden: H }: ModelConfig, state: Values, row: number): CellState[] {
  const part = (values: Float64Array) => values.slice(row * H, (row + 1) * H);
  return Array.from({ length: layers }, (_, layer) => {
    const c = state[`c_l${layer}`];
    return { h: part(state[`h_l${layer}`]), c: c ? part(c) : new Float64Array(H) };
  });
}

function writeRow(state: Values, row: number, states: readonly CellState[]): void {
  states.forEach(({ h, c }, layer) => {
    state[`h_l${layer}`].set(h, row * h.length);
    state[`c_l${layer}`]?.set(c, row * c.length);
  });
}
