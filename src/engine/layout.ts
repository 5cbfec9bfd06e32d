/**
 * Where everything lies in the one shared memory of an engine. A layout is a pure function of the options, so that every worker
 * computes its own and nothing but the memory has to be shared.
 *
 * Notation: B rows of a batch, T time steps, H hidden size, V vocabulary, U = panels of H. Memory of a training run, in
 * floats: 2 to 4 times the parameters (with gradients and moments), 2 times the weights again (packed for forward and
 * backward), T * B * (G + 2) * H a layer for activations, and one block of logits.
 */

import { clusters, elementCount, gateCount, inputSize, type ModelConfig, parameterShapes } from '../model/index.ts';
import { type Arena, createArena, PANEL, type PanelMatrix, panelsOf, ROW } from './panels.ts';
import type { EngineOptions, OptimizerName } from './types.ts';

/** A run of gates that one recurrent product computes: gates of the weight, where their sums go in z, and what they multiply. */
export interface RecurrentPart {
  firstGate: number;
  gates: number;
  firstSum: number;
  operand: 'h' | 'resetH';
}

/** How a cell's gates map to the sums kept in z. */
export interface CellForm {
  /** Gates in the weights (PyTorch's order); input products fill the first sums, one a gate. */
  gates: number;
  /** Sums kept a unit: the GRU with reset after the matrix keeps the recurrent part of its candidate apart. */
  sums: number;
  recurrent: RecurrentPart[];
}

export function cellForm(config: Pick<ModelConfig, 'cell' | 'gruReset'>): CellForm {
  const gates = gateCount(config.cell);
  if (config.cell !== 'gru') {
    return { gates, sums: gates, recurrent: [{ firstGate: 0, gates, firstSum: 0, operand: 'h' }] };
  }
  const resetAndUpdate: RecurrentPart = { firstGate: 0, gates: 2, firstSum: 0, operand: 'h' };
  return config.gruReset === 'after'
    ? { gates, sums: 4, recurrent: [resetAndUpdate, { firstGate: 2, gates: 1, firstSum: 3, operand: 'h' }] }
    : { gates, sums: 3, recurrent: [resetAndUpdate, { firstGate: 2, gates: 1, firstSum: 2, operand: 'resetH' }] };
}

/** A parameter on the flat block: byte addresses of its value and gradient (0 without training). */
export interface Parameter {
  name: string;
  shape: number[];
  /** Floats from the start of the block; a multiple of 16. */
  offset: number;
  value: number;
  gradient: number;
}

export interface LayerLayout {
  index: number;
  input: number;
  /** Panels of the input's width and of H. */
  inputPanels: number;
  units: number;
  weightIh: Parameter;
  weightHh: Parameter;
  biasIh: Parameter;
  biasHh: Parameter;
  /** Both biases in one, or apart where the cell needs them so: (units, sums, 16). */
  bias: number;
  /** Packed (I rows, G*U panels); with one-hot input the biases are added, and rows are gathered instead of multiplied. */
  ihForward: PanelMatrix;
  /** Packed (G*16U rows, panels of I). */
  ihBackward?: PanelMatrix;
  hhForward: PanelMatrix;
  hhBackward?: PanelMatrix;
  /** (V rows, G*U panels): the input's share of the sums by token, biases included, when the vocabulary is small. */
  table?: PanelMatrix;
  dTable?: PanelMatrix;
  /** (T*B, sums * U panels): gate sums, then gate values, then their gradients; for inference (B, …). */
  z: PanelMatrix;
  /** ((T+1)*B, U): rows of time step t are at (t + 1) * B, the state before the chunk at 0. */
  h: PanelMatrix;
  /** Like h; LSTM. */
  c?: PanelMatrix;
  /** (T*B, U): r * h of the GRU with reset before the matrix. */
  resetH?: PanelMatrix;
  /** (T*B, U): h after dropout, when there is dropout and a layer above. */
  dropped?: PanelMatrix;
  /** Token embeddings (T*B, panels of E), when there is no table. */
  embedded?: PanelMatrix;
}

/**
 * The embedding's rows in use. Row by row, a chunk's gradient is cleared, added up and applied; the other rows keep their values and
 * moments. When a row comes into use again its moments first decay by the updates that it missed (`lastUpdate`).
 */
export interface SparseRows {
  /** Int32, (T*B) each: tokens of this chunk without repeats, and those of the training chunk before, whose gradient is still there. */
  used: number;
  stale: number;
  /** Float32, (V): the update that a row had last, 0 for none. */
  lastUpdate: number;
  /** Float64, one for each group of `ROW_GROUP` rows: sums of squares. */
  squares: number;
}

/** A softmax over some classes of an input of some width. */
export interface SoftmaxLayout {
  classes: number;
  width: number;
  weight: Parameter;
  bias?: Parameter;
  /** Packed (width rows, panels of classes) and (classes rows, panels of width). */
  forward: PanelMatrix;
  backward?: PanelMatrix;
  /** The bias, or 0, padded to whole panels with `PADDED_LOGIT`. */
  biasPadded: number;
  /** (blockRows, panels of classes). */
  logits: PanelMatrix;
  blockRows: number;
}

/** A cluster of the adaptive softmax. Row r of its matrices is the r-th position with a target in it. */
export interface TailLayout {
  /** The cluster's first token. */
  first: number;
  softmax: SoftmaxLayout;
  projection: Parameter;
  /** Packed (H rows, panels of width) and (width rows, panels of H). */
  projectionForward: PanelMatrix;
  projectionBackward?: PanelMatrix;
  /** (T*B, U): the top layer's hidden states, then their gradients. */
  hidden: PanelMatrix;
  /** (T*B, panels of width). */
  projected: PanelMatrix;
  dProjected?: PanelMatrix;
}

export interface Layout {
  options: EngineOptions;
  form: CellForm;
  bytes: number;
  parameters: Parameter[];
  /** Floats of the flat block, a multiple of `SLICE`. */
  blockSize: number;
  /** Slices before this one are the embedding's, when its updates go by rows. */
  firstDenseSlice: number;
  values: number;
  gradients: number;
  /** Byte addresses of the optimizer's moments. */
  moments: number[];
  layers: LayerLayout[];
  embedding?: Parameter;
  /** Where a large untied embedding's gradient, norm and update go by the rows that a chunk uses. */
  sparse?: SparseRows;
  /** The embedding packed (V rows, panels of E), when there is a table. */
  embeddingPanels?: PanelMatrix;
  /** The softmax over the vocabulary, or an adaptive softmax's head. */
  output: SoftmaxLayout;
  tails: TailLayout[];
  /** (T*B, 16) each: row maxima, row sums, then factors. */
  largest: number;
  sums: number;
  /** Float64, (T*B): cross-entropy of each position. */
  losses: number;
  /** Gradients of the hidden states, ((T+1)*B, U) like h: one for the layer at work, one for that below. */
  dh: PanelMatrix[];
  /** (B, U): gradient of c, or of r * h. */
  dState?: PanelMatrix;
  /** Int32, (T*B), (T*B), (B). */
  inputs: number;
  targets: number;
  lengths: number;
  /** Int32, (T*B) each, with an adaptive softmax: positions whose target is in a tail, tail after tail, and the target's place in it. */
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
/** Logit of a padded column: its exponential is exactly 0. */
export const PADDED_LOGIT = -1e30;
/** Bytes of logits that exist at once, at most (but at least one row for each thread). */
const LOGITS_BYTES = 16 << 20;
/**
 * A weight gradient is computed in tiles of at most this many panels of outputs by this many panels of columns: their sums and
 * what is read with them stay in the second-level cache.
 */
export const TILE_A = 16;
export const TILE_B = 32;
/** Up to half as many tokens get a table of the first layer's input sums even when a call has few positions. */
const SMALL_VOCABULARY = 2048;
/** From this vocabulary on an embedding's updates go by the rows in use, if nothing else needs all of them. */
const LARGE_EMBEDDING = 1024;
/** Bytes of control words. */
export const CONTROL_BYTES = 1024;
/** Phases that are timed. */
export const PHASES = 16;

export const MOMENT_NAMES: Record<OptimizerName, string[]> = {
  adam: ['m', 'v'],
  adamw: ['m', 'v'],
  rmsprop: ['v'],
  sgd: ['momentum'],
};

export function createLayout(options: EngineOptions): Layout {
  const { model, batchSize: B, sequenceLength: T, training } = options;
  const { vocabulary: V, embedding: E, hidden: H } = model;
  const arena = createArena();
  const control = arena.reserve(CONTROL_BYTES);
  const profile = arena.reserve(options.threads * PHASES * 8);
  const form = cellForm(model);

  const parameters: Parameter[] = [];
  // Decoding packs once and takes few positions at a time: there the table pays for larger vocabularies.
  const hasTable = E > 0 && 2 * V <= (training ? T * B : Math.max(T * B, SMALL_VOCABULARY));
  const isSparse = training !== undefined && V >= LARGE_EMBEDDING && !hasTable && !model.tie && E > 0 && E % 8 === 0;
  let blockSize = 0;
  for (const { name, shape } of parameterShapes(model)) {
    parameters.push({ name, shape, offset: blockSize, value: 0, gradient: 0 });
    blockSize += Math.ceil(elementCount(shape) / PANEL) * PANEL;
    if (isSparse && name === 'embedding.weight') blockSize = Math.ceil(blockSize / SLICE) * SLICE;
  }
  blockSize = Math.ceil(blockSize / SLICE) * SLICE;
  const values = arena.reserve(blockSize * 4);
  const gradients = training ? arena.reserve(blockSize * 4) : 0;
  const moments = training ? MOMENT_NAMES[training.optimizer.name].map(() => arena.reserve(blockSize * 4)) : [];
  for (const parameter of parameters) {
    parameter.value = values + parameter.offset * 4;
    if (training) parameter.gradient = gradients + parameter.offset * 4;
  }
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));

  const units = panelsOf(H);
  const layers = Array.from({ length: model.layers }, (_, index) =>
    layerLayout(arena, options, form, byName, index, hasTable),
  );

  const widest = Math.max(units, layers[0].inputPanels);
  const embedding = byName.get('embedding.weight');
  const layout: Layout = {
    options,
    form,
    bytes: 0,
    parameters,
    blockSize,
    firstDenseSlice: isSparse ? parameters[1].offset / SLICE : 0,
    values,
    gradients,
    moments,
    layers,
    output: model.cutoffs
      ? softmaxLayout(arena, options, byName.get('output.head.weight')!, byName.get('output.head.bias'))
      : softmaxLayout(arena, options, byName.get('output.weight') ?? embedding!, byName.get('output.bias')),
    tails: clusters(model).map(({ first, width }, i) => {
      const weight = byName.get(`output.tail.${i}.1.weight`)!;
      return {
        first,
        softmax: softmaxLayout(arena, options, weight, undefined),
        projection: byName.get(`output.tail.${i}.0.weight`)!,
        projectionForward: arena.weights(units * PANEL, panelsOf(width)),
        hidden: arena.activations(T * B, units),
        projected: arena.activations(T * B, panelsOf(width)),
        ...(training
          ? {
              projectionBackward: arena.weights(panelsOf(width) * PANEL, units),
              dProjected: arena.activations(T * B, panelsOf(width)),
            }
          : {}),
      };
    }),
    largest: arena.reserve(T * B * ROW),
    sums: arena.reserve(T * B * ROW),
    losses: arena.reserve(T * B * 8),
    dh: training ? [arena.activations((T + 1) * B, widest), arena.activations((T + 1) * B, widest)] : [],
    inputs: arena.reserve(T * B * 4),
    targets: arena.reserve(T * B * 4),
    lengths: arena.reserve(B * 4),
    tailPositions: arena.reserve(model.cutoffs ? T * B * 4 : 0),
    tailTargets: arena.reserve(model.cutoffs ? T * B * 4 : 0),
    squares: arena.reserve((blockSize / SLICE) * 8),
    tiles: training ? arena.reserve(options.threads * tileBytes()) : 0,
    control,
    profile,
    ...(embedding ? { embedding } : {}),
    ...(isSparse
      ? {
          sparse: {
            used: arena.reserve(T * B * 4),
            stale: arena.reserve(T * B * 4),
            lastUpdate: arena.reserve(V * 4),
            squares: arena.reserve(Math.ceil((T * B) / ROW_GROUP) * 8),
          },
        }
      : {}),
    ...(hasTable ? { embeddingPanels: arena.weights(Math.ceil(V / PANEL) * PANEL, layers[0].inputPanels) } : {}),
    ...(training
      ? {
          dState: arena.activations(B, units),
        }
      : {}),
  };
  layout.bytes = arena.bytes;
  return layout;
}

function softmaxLayout(
  arena: Arena,
  options: EngineOptions,
  weight: Parameter,
  bias: Parameter | undefined,
): SoftmaxLayout {
  const [classes, width] = weight.shape;
  const panels = panelsOf(classes);
  const positions = options.sequenceLength * options.batchSize;
  const fitting = Math.floor(LOGITS_BYTES / (panels * ROW));
  const blockRows = Math.min(positions, Math.max(options.threads, PANEL, fitting));
  return {
    classes,
    width,
    weight,
    forward: arena.weights(panelsOf(width) * PANEL, panels),
    biasPadded: arena.reserve(panels * ROW),
    logits: arena.activations(blockRows, panels),
    blockRows,
    ...(bias ? { bias } : {}),
    ...(options.training ? { backward: arena.weights(panels * PANEL, panelsOf(width)) } : {}),
  };
}

/** A tile's sums and, behind them, the sums of its bias. */
export function tileBytes(): number {
  return (TILE_B * TILE_A * PANEL + TILE_A) * ROW;
}

function layerLayout(
  arena: Arena,
  options: EngineOptions,
  form: CellForm,
  parameters: Map<string, Parameter>,
  index: number,
  hasTable: boolean,
): LayerLayout {
  const { model, batchSize: B, sequenceLength: T, training } = options;
  const { vocabulary: V, embedding: E } = model;
  const input = inputSize(model, index);
  const inputPanels = panelsOf(input);
  const units = panelsOf(model.hidden);
  const gatePanels = form.gates * units;
  const oneHot = index === 0 && E === 0;
  const table = index === 0 && hasTable;
  const parameter = (name: string): Parameter => parameters.get(`rnn.${name}_l${index}`)!;
  const lstm = model.cell === 'lstm';
  const resetBefore = model.cell === 'gru' && model.gruReset === 'before';
  const paddedV = Math.ceil(V / PANEL) * PANEL;
  return {
    index,
    input,
    inputPanels,
    units,
    weightIh: parameter('weight_ih'),
    weightHh: parameter('weight_hh'),
    biasIh: parameter('bias_ih'),
    biasHh: parameter('bias_hh'),
    bias: arena.reserve(units * form.sums * ROW),
    ihForward: arena.weights(inputPanels * PANEL, gatePanels),
    hhForward: arena.weights(units * PANEL, gatePanels),
    z: arena.activations(training ? T * B : B, form.sums * units),
    h: arena.activations((T + 1) * B, units),
    ...(table ? { table: arena.weights(paddedV, gatePanels) } : {}),
    ...(lstm ? { c: arena.activations((T + 1) * B, units) } : {}),
    ...(resetBefore ? { resetH: arena.activations(T * B, units) } : {}),
    ...(index === 0 && E > 0 && !hasTable ? { embedded: arena.activations(T * B, inputPanels) } : {}),
    ...(training
      ? {
          hhBackward: arena.weights(gatePanels * PANEL, units),
          ...(oneHot ? {} : { ihBackward: arena.weights(gatePanels * PANEL, inputPanels) }),
          ...(oneHot || table ? { dTable: arena.weights(paddedV, gatePanels) } : {}),
          ...(training.dropout > 0 && index < model.layers - 1 ? { dropped: arena.activations(T * B, units) } : {}),
        }
      : {}),
  };
}
