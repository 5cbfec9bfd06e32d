/**
 * A stack of recurrent layers that reads one sequence, level by level: a layer, or one in each direction of time.
 *
 * The two directions of a level share one buffer in which a time step's states of both are one row, so that the level above
 * reads them side by side without copying. Rows that have ended are left out; a layer in reverse starts from each row's own
 * end. Sums that wait for no state are computed for a whole sequence at once, so that each weight is read once for all of its
 * time steps. Memory in training, in floats: T * B * (sums + 2) * H a layer and direction, and what the cell keeps besides.
 */

import { i32Index, type PanelMatrix, panelsOf, shifted } from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import type { Chunk, Span } from '../chunk.ts';
import { type Columns, columnPanels, type Planner, type Sequence } from '../memory/index.ts';
import { type Context, type Region, regionOf, synchronize } from '../team/index.ts';
import type { Cell, Layer, LayerInput, Positions, Step } from './cell.ts';
import { applyDropout, type DropoutStream } from './dropout.ts';
import { embedTokens, planTokenInput, type TokenInput } from './embedding.ts';
import { inputSums, planLayer, recurs } from './layer.ts';
import { clearPanel } from './linear.ts';

/** A stack of recurrent layers by its parameters. */
export interface StackShape {
  /** Prefix of its parameters' names. */
  name: string;
  /** Name of the embedding of its tokens. */
  embedding: string;
  vocabulary: number;
  /** Directions in time of each layer; a reverse one's parameters end in `_reverse` where there are both. */
  directions: readonly ('forward' | 'reverse')[];
  /** Whether it reads the source, and not the sequence with the targets. */
  ofSource: boolean;
}

/** A layer in all its directions. */
export interface Level {
  layers: Layer[];
  /** (T*B, panels): what the level hands on; both directions side by side, or summed. */
  output: PanelMatrix;
  dOutput: PanelMatrix | undefined;
  columns: Columns;
  summed: boolean;
}

export interface Stack {
  shape: StackShape;
  tokens: TokenInput;
  levels: Level[];
  top: Level;
}

/** `_l0`, and `_l0_reverse` for the reverse direction of a layer that has both. */
export function layerSuffix({ directions }: StackShape, level: number, direction: 'forward' | 'reverse'): string {
  return `_l${level}${direction === 'reverse' && directions.length === 2 ? '_reverse' : ''}`;
}

/** Columns of what a stack hands on from each of its levels. */
export function stackColumns({ hidden, merge }: ModelConfig, { directions }: StackShape): Columns {
  return { blocks: directions.length === 2 && merge !== 'sum' ? 2 : 1, size: hidden };
}

/** Rows of a buffer of a level's states, or of their gradients: those of time step t begin at (t + 1) * B. */
export function stateRows(batchSize: number, steps: number): number {
  return (steps + 2) * batchSize;
}

/** Streams of dropout's random numbers that a stack has to itself: one a level, and those below. */
const STREAMS = 128;
const EMBEDDING_STREAM = 100;
/** That of what the output layer reads, of which there is one. */
export const FEATURE_STREAM = 101;

export interface StackPlan {
  shape: StackShape;
  /** Its place among the network's stacks: which random numbers its dropout has. */
  index: number;
  cell: Cell;
  sequence: Sequence;
  table: boolean;
  /** The top level's buffers of states and their gradients (see `stateRows`), when they are part of something larger. */
  top?: { h: PanelMatrix; dh: PanelMatrix | undefined };
  /** Whether a gradient of the states before the sequence is kept, on all levels. */
  linkedInitial?: boolean;
  /** Whether the final states get a gradient from elsewhere: all of them, or h of the top level alone. */
  linkedFinal?: 'all' | 'top h';
  /** Whether the embedded tokens are dropped out too. */
  dropsEmbedded: boolean;
}

export function planStack(planner: Planner, plan: StackPlan): Stack {
  const { arena, model, batchSize: B, training } = planner;
  const { shape, sequence, cell, table, top, index } = plan;
  const T = sequence.steps;
  const panels = panelsOf(model.hidden);
  const both = shape.directions.length === 2;
  const summed = both && model.merge === 'sum';
  const embedded = model.embedding > 0 && !table;
  const embeddingPanels = panelsOf(model.embedding);
  const statePanels = panels * shape.directions.length;
  const columns = stackColumns(model, shape);

  // The gradients of a level and of the one below take turns in two buffers.
  const widest = Math.max(statePanels, embedded ? embeddingPanels : 0);
  const gradientBuffer = (): PanelMatrix => arena.activations(stateRows(B, T), widest);
  const topBuffer = (model.layers - 1) % 2;
  const gradients: PanelMatrix[] = [];
  if (training) {
    const needed = model.layers > 1 || (embedded && !top) ? [0, 1] : [0];
    for (const i of needed) gradients[i] = i === topBuffer && top?.dh ? top.dh : gradientBuffer();
  }
  // What is part of something larger has no room to spare.
  const embeddedBuffer = embedded && training ? (top ? gradientBuffer() : gradients[1]) : undefined;
  const stream = (number: number): DropoutStream | undefined =>
    planner.dropout && { ...planner.dropout, stream: index * STREAMS + number };
  const tokens = planTokenInput(planner, {
    sequence,
    vocabulary: shape.vocabulary,
    embedding: model.embedding > 0 ? planner.parameter(shape.embedding) : undefined,
    table,
    gradient: embeddedBuffer && shifted(embeddedBuffer, 0, B, embeddingPanels),
    dropout: plan.dropsEmbedded ? stream(EMBEDDING_STREAM) : undefined,
  });

  const levels: Level[] = [];
  for (let level = 0; level < model.layers; level++) {
    const isTop = level === model.layers - 1;
    const states = isTop && top ? top.h : arena.activations(stateRows(B, T), statePanels);
    const dStates: PanelMatrix | undefined = gradients[level % 2];
    const input = level === 0 ? firstInput(tokens) : inputFrom(planner, levels[level - 1], stream(level), T);
    const layers = shape.directions.map((direction, i) => {
      const own = (buffer: PanelMatrix): PanelMatrix =>
        shifted(buffer, i * panels, direction === 'reverse' ? B : 0, panels);
      return planLayer(planner, {
        cell,
        prefix: `${shape.name}.`,
        suffix: layerSuffix(shape, level, direction),
        level,
        reverse: direction === 'reverse',
        input,
        steps: T,
        vocabulary: shape.vocabulary,
        table: table && level === 0,
        h: own(states),
        dh: dStates && own(dStates),
        initial: plan.linkedInitial ? cell.states : [],
        final: plan.linkedFinal === 'all' ? cell.states : plan.linkedFinal === 'top h' && isTop ? ['h'] : [],
      });
    });
    levels.push({
      layers,
      columns,
      summed,
      output: summed ? arena.activations(T * B, panels) : shifted(states, 0, B, statePanels),
      dOutput: dStates && shifted(dStates, 0, B, columnPanels(columns)),
    });
  }
  return { shape, tokens, levels, top: levels[levels.length - 1] };
}

function firstInput({ embedding, embedded, dEmbedded, vocabulary, sequence, dropout }: TokenInput): LayerInput {
  const columns: Columns = { blocks: 1, size: embedding ? embedding.shape[1] : vocabulary };
  return {
    columns,
    panels: columnPanels(columns),
    tokens: embedded ? undefined : sequence.inputs,
    plain: embedded,
    dropped: embedded,
    gradient: dEmbedded,
    dropout,
  };
}

/** What a level above the first reads. */
function inputFrom(
  { arena, batchSize }: Planner,
  below: Level,
  dropout: DropoutStream | undefined,
  steps: number,
): LayerInput {
  const { columns, output, dOutput } = below;
  const panels = columnPanels(columns);
  return {
    columns,
    panels,
    tokens: undefined,
    plain: output,
    dropped: dropout ? arena.activations(steps * batchSize, panels) : output,
    gradient: dOutput,
    dropout,
  };
}

/** From the tokens to the top level's output, for this thread's region. */
export function forwardStack(context: Context, chunk: Chunk, stack: Stack): void {
  const { splitPanels } = context;
  const span = chunk.spans[stack.tokens.sequence.index];
  embedTokens(context, chunk, stack.tokens);
  for (const level of stack.levels) {
    const last = level.layers[level.layers.length - 1];
    for (const layer of level.layers) {
      const region = regionOf(context, layer.panels, layer.input.panels);
      const waits = recurs(layer.cell);
      if (layer.reverse) clearEnded(context, layer, region, span);
      if (!waits) sumSequence(context, chunk, span, level, layer);
      for (let i = 0; i < span.steps; i++) {
        const t = layer.reverse ? span.steps - 1 - i : i;
        const step = stepOf(context, chunk, span, layer, region, t);
        if (waits && layer === level.layers[0]) dropInput(context, chunk, layer.input, step);
        if (step.rows > 0) layer.cell.forward(context, layer, step);
        if (splitPanels && waits) synchronize(context, 'gates');
        if (level.summed && layer === last) addDirections(context, level, step);
      }
      if (splitPanels && (level.summed || !waits)) synchronize(context, 'gates');
    }
  }
}

/** The sums of all positions of a sequence, for a layer that waits for no state. */
function sumSequence(context: Context, chunk: Chunk, span: Span, level: Level, layer: Layer): void {
  // Threads share the positions in another way than the rows of time steps.
  synchronize(context, 'gates');
  for (const positions of sequencePositions(context, chunk, span, layer)) {
    if (layer === level.layers[0]) dropInput(context, chunk, layer.input, positions);
    inputSums(context, layer, positions, positions.region.firstPanel, positions.region.lastPanel);
  }
  synchronize(context, 'input product');
}

/**
 * One thread's part of a whole sequence: one run of positions, those of rows that have ended among them, or where these
 * are the most, a run for each time step without them.
 */
export function sequencePositions(
  context: Context,
  { training }: Pick<Chunk, 'training'>,
  { steps, active }: Span,
  layer: Layer,
): Positions[] {
  const { batchSize: B } = context;
  const goingOn = active.reduce((sum, rows) => sum + rows, 0);
  const inOne = 2 * goingOn >= steps * B;
  const runs: Positions[] = [];
  let first = 0;
  for (let t = inOne ? steps - 1 : 0; t < steps; t++) {
    const region = regionOf(context, layer.panels, layer.input.panels, (t + 1) * B - first);
    const rows = rowsBefore(t * B + active[t] - first, region);
    const row = first + region.firstRow;
    runs.push({ region, rows, ended: region.lastRow - region.firstRow - rows, row, zRow: row, training });
    first = (t + 1) * B;
  }
  return runs;
}

/** A layer's time step for one thread. */
export function stepOf(
  { batchSize: B }: Context,
  { training }: Pick<Chunk, 'training'>,
  { active }: Span,
  layer: Layer,
  region: Region,
  t: number,
): Step {
  const rows = activeRows(active, t, region);
  const row = t * B + region.firstRow;
  const { reverse } = layer;
  return {
    region,
    rows,
    ended: region.lastRow - region.firstRow - rows,
    row,
    zRow: training || !recurs(layer.cell) ? row : region.firstRow,
    before: reverse ? row + B : row,
    after: reverse ? row : row + B,
    wanted: reverse ? activeRows(active, t + 1, region) : t > 0 || layer.dInitial ? rows : 0,
    training,
  };
}

/** How many of a region's rows still go on at time step t; they are its first ones. */
export function activeRows(active: readonly number[], t: number, region: Region): number {
  return rowsBefore(active[t] ?? 0, region);
}

function rowsBefore(end: number, { firstRow, lastRow }: Region): number {
  return Math.max(0, Math.min(end, lastRow) - firstRow);
}

/** In reverse, rows start from zero wherever they end. */
function clearEnded(context: Context, layer: Layer, region: Region, { steps, active }: Span): void {
  for (let t = 0; t <= steps; t++) {
    const rows = activeRows(active, t, region);
    const ended = region.lastRow - region.firstRow - rows;
    if (ended === 0) continue;
    for (const name of layer.cell.states) {
      for (let panel = region.firstPanel; panel < region.lastPanel; panel++) {
        clearPanel(context, layer.states[name], panel, t * context.batchSize + region.firstRow + rows, ended);
      }
    }
  }
  if (context.splitPanels) synchronize(context, 'gates');
}

/** Dropout of what a level reads of the one below, for the rows and panels that this thread may write. */
function dropInput(
  context: Context,
  chunk: Chunk,
  { plain, dropped, dropout }: LayerInput,
  positions: Positions,
): void {
  const { region, row, rows } = positions;
  if (!chunk.training || !dropout || plain === dropped || rows === 0) return;
  applyDropout(context, chunk, dropout, dropped!, plain!, row, rows, region.firstInput, region.lastInput);
  if (context.splitPanels) synchronize(context, 'gates');
}

/** The output of a level whose directions are summed, when both have done the time step. */
function addDirections(
  { kernels, batchSize: B }: Context,
  { layers, output }: Level,
  { region, row, rows }: Step,
): void {
  const [forward, reverse] = layers.map((layer) => layer.states.h);
  for (let panel = region.firstPanel; panel < region.lastPanel; panel++) {
    const to = shifted(output, panel, row, 1);
    kernels.copyPanels(to, shifted(forward, panel, row + B, 1), rows, 1);
    kernels.addPanels(to, shifted(reverse, panel, row, 1), rows, 1);
  }
}

/**
 * Final states of both directions of a level, in the form of its output: row `row` of `to` = those of row
 * `from`. Rows without a sequence get 0.
 */
export function gatherFinals(
  context: Context,
  { tokens }: Stack,
  { layers, summed }: Level,
  state: string,
  to: PanelMatrix,
  row: number,
  from = row,
): void {
  const { kernels, i32, batchSize: B } = context;
  const length = i32[i32Index(tokens.sequence.lengths) + from];
  kernels.clearRows(shifted(to, 0, row), 1, to.panels);
  if (length === 0) return;
  layers.forEach((layer, i) => {
    const last = layer.reverse ? from : length * B + from;
    const panel = summed ? 0 : i * layer.panels;
    kernels.addPanels(shifted(to, panel, row), shifted(layer.states[state], 0, last), 1, layer.panels);
  });
}
