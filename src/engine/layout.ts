/**
 * Where everything lies in the one shared memory of an engine. A layout is a pure function of the options, so that every worker
 * computes its own and nothing but the memory has to be shared. What belongs to the stacks is in stack-layout.ts, what comes after
 * them in head-layout.ts.
 *
 * Notation: B rows of a batch, T time steps, H hidden size, V vocabulary, U = panels of H. Memory of a training run, in
 * floats: 3 to 5 times the parameters (with gradients, average and moments), 2 times the weights again (packed for forward and
 * backward), T * B * (G + 2) * H a layer and direction for activations, and one block of logits.
 */

import type { Address } from '../kernels/index.ts';
import { elementCount, type ModelConfig, parameterShapes, type StackShape, stackShapes } from '../model/index.ts';
import {
  type AttentionLayout,
  type BridgeLayout,
  createAttention,
  createBridges,
  createPool,
  createSoftmax,
  createTails,
  type PoolLayout,
  type SoftmaxLayout,
  type TailLayout,
} from './head-layout.ts';
import { type Arena, createArena, PANEL, type PanelMatrix, type Parameter, panelsOf, ROW, shifted } from './panels.ts';
import {
  type CellForm,
  cellForm,
  createStack,
  dropsEverywhere,
  hasTable,
  type SequenceLayout,
  type StackLayout,
  type StackPlan,
  stateRows,
} from './stack-layout.ts';
import { CONTROL_BYTES } from './threads.ts';
import type { EngineOptions, OptimizerName } from './types.ts';

/**
 * An embedding's rows in use. Row by row, a chunk's gradient is cleared, added up and applied; the other rows keep
 * their values and moments. When a row comes into use again its moments first decay by the updates that it missed
 * (`lastUpdate`).
 */
export interface SparseRows {
  embedding: Parameter;
  /** Index of the sequence whose tokens are looked up. */
  sequence: number;
  /**
   * Int32, (T*B) each: tokens of this chunk without repeats, and those of the training chunk before, whose gradient is
   * still there.
   */
  used: number;
  stale: number;
  /** Float32, (V): the update that a row had last, 0 for none. */
  lastUpdate: number;
  /** Float64, one for each group of `ROW_GROUP` rows: sums of squares. */
  squares: number;
}

/** What the output layer reads, from row 0 of `matrix` on, and where their gradients go. */
export interface Features {
  matrix: PanelMatrix;
  gradient?: PanelMatrix;
  /** `matrix` after dropout, which the output layer reads in training; in the models of tasks other than `lm` and `fill`. */
  dropped?: PanelMatrix;
}

export interface Layout {
  options: EngineOptions;
  form: CellForm;
  bytes: number;
  /** Bytes of all activations, [first, last). */
  activations: [first: number, last: number][];
  parameters: Parameter[];
  /** Floats of the flat block, a multiple of `SLICE`. */
  blockSize: number;
  /** Runs of slices, [first, last), whose updates don't go by rows. */
  denseSlices: [first: number, last: number][];
  values: number;
  gradients: number;
  average: number;
  /** Byte addresses of the optimizer's moments. */
  moments: number[];
  /** What has the targets (a decoder's, in `translate`), then the sources. */
  sequences: SequenceLayout[];
  stacks: StackLayout[];
  /** Large untied embeddings whose gradient, norm and update go by the rows that a chunk uses. */
  sparse: SparseRows[];
  features: Features;
  /** The softmax over the classes, or an adaptive softmax's head. */
  output: SoftmaxLayout;
  tails: TailLayout[];
  /** `fill`: the next token by the past alone, from the past's states. */
  past?: { output: SoftmaxLayout; features: Features };
  /** `classify`. */
  pool?: PoolLayout;
  /** `translate`. */
  bridges: BridgeLayout[];
  attention?: AttentionLayout;
  /** Int32, (B): source row of each row; `translate`. */
  sourceRows: number;
  /** (T*B, 16) each: row maxima, row sums, then factors. */
  largest: number;
  sums: number;
  /** Float64, (T*B): cross-entropy of each position, and that of `past`. */
  losses: number;
  pastLosses: number;
  /** (B, U): gradient of c, or of r * h. */
  dState?: PanelMatrix;
  /** Int32, (T*B). */
  targets: number;
  /** Int32, (T*B): 1 where the target was the likeliest class, else 0. */
  right: number;
  /**
   * Int32, (T*B) each, with an adaptive softmax: positions whose target is in a tail, tail after tail, and the target's
   * place in it.
   */
  tailPositions: number;
  tailTargets: number;
  /** Float64: a partial sum of squares for each slice of `SLICE` gradients. */
  squares: number;
  /** Scratch of each worker for a tile of a weight's gradient. */
  tiles: number;
  /** Int32 control words, see threads.ts. */
  control: number;
  /** Float64, (threads, phases): seconds by phase. */
  profile: number;
}

/** Floats by which the norm is summed and the update shared out: fixed, so that sums don't depend on the number of threads. */
export const SLICE = 4096;
/** Rows of a large embedding by which its norm is summed and its update shared out. */
export const ROW_GROUP = 32;
/**
 * A weight gradient is computed in tiles of at most this many panels of outputs by this many panels of columns: their sums and
 * what is read with them stay in the second-level cache.
 */
export const TILE_A = 16;
export const TILE_B = 32;
/** From this vocabulary on an embedding's updates go by the rows in use, if nothing else needs all of them. */
const LARGE_EMBEDDING = 1024;
/** Phases that are timed. */
export const PHASES = 16;

export const MOMENT_NAMES: Record<OptimizerName, string[]> = {
  adam: ['m', 'v'],
  adamw: ['m', 'v'],
  rmsprop: ['v'],
  sgd: ['momentum'],
};

export function createLayout(options: EngineOptions): Layout {
  const { model, batchSize: B, sequenceLength: T, sourceLength = 0, training } = options;
  const { task = 'lm' } = model;
  const arena = createArena();
  const control = arena.reserve(CONTROL_BYTES);
  const profile = arena.reserve(options.threads * PHASES * 8);
  const form = cellForm(model);
  const block = flatBlock(arena, options);
  const parameters = new Map(block.parameters.map((parameter) => [parameter.name, parameter]));

  const sequences = (task === 'translate' ? [T, sourceLength] : [T]).map(
    (steps): SequenceLayout => ({ steps, inputs: arena.reserve(steps * B * 4), lengths: arena.reserve(B * 4) }),
  );
  const joined = task === 'fill' ? joinedStates(arena, options) : undefined;
  const stacks = stackShapes(model).map((shape, index) => {
    const sequence = shape.name === 'encoder' ? 1 : 0;
    const linked = links(model, shape);
    return createStack(arena, options, form, parameters, {
      shape,
      index,
      sequence,
      steps: sequences[sequence].steps,
      ...(joined ? { top: joined.tops[index] } : {}),
      ...(linked ? { linked } : {}),
    });
  });

  const last = stacks[stacks.length - 1];
  const top = last.levels[model.layers - 1];
  const encoder = stacks[0].levels[model.layers - 1];
  const pool = task === 'classify' ? createPool(arena, options, top.columns) : undefined;
  const attends = task === 'translate' && (model.attention ?? 'none') !== 'none';
  const attention = attends ? createAttention(arena, options, parameters, encoder) : undefined;
  let features: Features = pairOf(top.output, top.dOutput);
  if (joined) features = joined.features;
  if (pool) features = pairOf(pool.pooled, pool.dPooled);
  if (attention) features = pairOf(attention.attended, attention.dAttended);
  if (dropsEverywhere(options)) features.dropped = arena.activations(pool ? B : T * B, features.matrix.panels);
  const softmax = (name: string, columns = top.columns): SoftmaxLayout =>
    createSoftmax(arena, options, parameters.get(`${name}.weight`)!, parameters.get(`${name}.bias`), columns);

  const layout: Layout = {
    options,
    form,
    bytes: 0,
    activations: arena.activationRanges,
    ...block,
    sequences,
    stacks,
    sparse: block.sparse.map((embedding) => {
      const { sequence } = stacks.find((stack) => stack.embedding === embedding)!;
      const positions = sequences[sequence].steps * B;
      return {
        embedding,
        sequence,
        used: arena.reserve(positions * 4),
        stale: arena.reserve(positions * 4),
        lastUpdate: arena.reserve(embedding.shape[0] * 4),
        squares: arena.reserve(Math.ceil(positions / ROW_GROUP) * 8),
      };
    }),
    features,
    output: model.cutoffs
      ? softmax('output.head')
      : model.tie
        ? createSoftmax(arena, options, parameters.get('embedding.weight')!, parameters.get('output.bias'))
        : softmax('output', joined ? { blocks: 2, size: model.hidden } : top.columns),
    tails: createTails(arena, options, parameters),
    ...(joined ? { past: { output: softmax('past_output'), features: joined.past } } : {}),
    ...(pool ? { pool } : {}),
    ...(attention ? { attention } : {}),
    bridges: task === 'translate' ? createBridges(arena, options, parameters, encoder.columns) : [],
    sourceRows: arena.reserve(B * 4),
    largest: arena.reserve(T * B * ROW),
    sums: arena.reserve(T * B * ROW),
    losses: arena.reserve(T * B * 8),
    pastLosses: arena.reserve(joined ? T * B * 8 : 0),
    targets: arena.reserve(T * B * 4),
    right: arena.reserve(T * B * 4),
    tailPositions: arena.reserve(model.cutoffs ? T * B * 4 : 0),
    tailTargets: arena.reserve(model.cutoffs ? T * B * 4 : 0),
    squares: arena.reserve((block.blockSize / SLICE) * 8),
    tiles: training ? arena.reserve(options.threads * tileBytes()) : 0,
    control,
    profile,
    ...(training ? { dState: arena.activations(B, panelsOf(model.hidden)) } : {}),
  };
  layout.bytes = arena.bytes;
  return layout;
}

function links({ task, pool = 'last' }: ModelConfig, { name }: StackShape): StackPlan['linked'] {
  if (name === 'encoder') return 'final';
  if (name === 'decoder') return 'initial';
  return task === 'classify' && pool === 'last' ? 'final of the top' : undefined;
}

function pairOf(matrix: PanelMatrix, gradient: PanelMatrix | undefined): Features {
  return gradient ? { matrix, gradient } : { matrix };
}

type FlatBlock = Pick<
  Layout,
  'parameters' | 'blockSize' | 'denseSlices' | 'values' | 'gradients' | 'average' | 'moments'
> & {
  sparse: Parameter[];
};

/** All parameters one after the other; those whose updates go by rows begin and end with slices of their own. */
function flatBlock(arena: Arena, options: EngineOptions): FlatBlock {
  const { model, training, sequenceLength, sourceLength = 0 } = options;
  const sparseNames = stackShapes(model)
    .filter(({ name, vocabulary }) => {
      const steps = name === 'encoder' ? sourceLength : sequenceLength;
      const large = vocabulary >= LARGE_EMBEDDING && !hasTable(options, vocabulary, steps);
      return training && large && !model.tie && model.embedding > 0 && model.embedding % 8 === 0;
    })
    .map(({ embedding }) => embedding);

  const parameters: Parameter[] = [];
  const denseSlices: [number, number][] = [];
  let blockSize = 0;
  let dense = 0;
  const toSlice = (): number => {
    blockSize = Math.ceil(blockSize / SLICE) * SLICE;
    return blockSize / SLICE;
  };
  const endRun = (): void => {
    if (toSlice() > dense) denseSlices.push([dense, blockSize / SLICE]);
  };
  for (const { name, shape } of parameterShapes(model)) {
    const isSparse = sparseNames.includes(name);
    if (isSparse) endRun();
    parameters.push({ name, shape, offset: blockSize, value: 0 as Address, gradient: 0 as Address });
    blockSize += Math.ceil(elementCount(shape) / PANEL) * PANEL;
    if (isSparse) dense = toSlice();
  }
  endRun();
  const values = arena.reserve(blockSize * 4);
  const gradients = training ? arena.reserve(blockSize * 4) : 0;
  const average = training ? arena.reserve(blockSize * 4) : 0;
  const moments = training ? MOMENT_NAMES[training.optimizer.name].map(() => arena.reserve(blockSize * 4)) : [];
  for (const parameter of parameters) {
    parameter.value = (values + parameter.offset * 4) as Address;
    if (training) parameter.gradient = (gradients + parameter.offset * 4) as Address;
  }
  const sparse = parameters.filter(({ name }) => sparseNames.includes(name));
  return { parameters, blockSize, denseSlices, values, gradients, average, moments, sparse };
}

/**
 * `fill`: buffers of the top states of past and future (see `StateBuffer`), so placed that the past's state before a
 * position and the future's behind it are one row of the features.
 */
function joinedStates(
  arena: Arena,
  { model, batchSize: B, sequenceLength: T, training }: EngineOptions,
): { tops: NonNullable<StackPlan['top']>[]; features: Features; past: Features } {
  const units = panelsOf(model.hidden);
  const place = (): { past: PanelMatrix; future: PanelMatrix; both: PanelMatrix } => {
    const room = arena.activations(stateRows(B, T) + 2 * B, 2 * units);
    const past = shifted(room, 0, 2 * B, units);
    return { past, future: shifted(room, units, 0, units), both: { ...past, panels: 2 * units } };
  };
  const states = place();
  const gradients = training ? place() : undefined;
  return {
    tops: [
      { h: states.past, ...(gradients ? { dh: gradients.past } : {}) },
      { h: states.future, ...(gradients ? { dh: gradients.future } : {}) },
    ],
    features: pairOf(states.both, gradients?.both),
    past: pairOf(states.past, gradients?.past),
  };
}

/** A tile's sums and, behind them, the sums of its bias. */
export function tileBytes(): number {
  return (TILE_B * TILE_A * PANEL + TILE_A) * ROW;
}
