/**
 * Where a stack of recurrent layers lies in the memory.
 *
 * A layer keeps its states by *own rows*, ((T+1)*B, U): forward, the state after time step t is at row (t + 1) * B and
 * the one before the sequence at row 0; in reverse, the state after reading step t (that is, of steps t to the end) is
 * at row t * B, and row (t + 1) * B holds the one before it. The two directions of a level share one buffer in which a
 * time step's states of both are one row, so that the level above reads them side by side without copying.
 */

import { type Cell, type GruReset, gateCount, inputSize, layerSuffix, type StackShape } from '../model/index.ts';
import { createLinear, type Linear } from './linear.ts';
import {
  type Arena,
  type Columns,
  columnPanels,
  PANEL,
  type PanelMatrix,
  type Parameter,
  panelsOf,
  ROW,
  shifted,
} from './panels.ts';
import type { EngineOptions } from './types.ts';

/** A run of gates that one recurrent product computes: gates of the weight, where their sums go in z, and what they multiply. */
export interface RecurrentPart {
  firstGate: number;
  gates: number;
  firstSum: number;
  operand: 'h' | 'resetH';
}

/** How a cell's gates map to the sums kept in z. */
export interface CellForm {
  kind: 'rnn' | 'lstm' | 'gru before' | 'gru after' | 'gru simple';
  /** Gates in the weights (PyTorch's order); input products fill the first sums, one a gate. */
  gates: number;
  /** Sums kept a unit: the GRU with reset after the matrix keeps the recurrent part of its candidate apart. */
  sums: number;
  recurrent: RecurrentPart[];
}

export function cellForm(config: { cell: Cell; gruReset: GruReset }): CellForm {
  const gates = gateCount(config);
  const all: RecurrentPart[] = [{ firstGate: 0, gates, firstSum: 0, operand: 'h' }];
  if (config.cell !== 'gru') return { kind: config.cell, gates, sums: gates, recurrent: all };
  if (config.gruReset === 'none') return { kind: 'gru simple', gates, sums: gates, recurrent: all };
  const resetAndUpdate: RecurrentPart = { firstGate: 0, gates: 2, firstSum: 0, operand: 'h' };
  const candidate = { firstGate: 2, gates: 1 };
  return config.gruReset === 'after'
    ? { kind: 'gru after', gates, sums: 4, recurrent: [resetAndUpdate, { ...candidate, firstSum: 3, operand: 'h' }] }
    : {
        kind: 'gru before',
        gates,
        sums: 3,
        recurrent: [resetAndUpdate, { ...candidate, firstSum: 2, operand: 'resetH' }],
      };
}

/** One layer in one direction. */
export interface LayerLayout {
  level: number;
  reverse: boolean;
  /** Panels of the input's width and of H. */
  inputPanels: number;
  units: number;
  /**
   * Rows of the weights are gates. With one-hot input the biases are added to `ih.forward`, and its rows are gathered
   * instead of multiplied.
   */
  ih: Linear;
  hh: Linear;
  biasIh: Parameter;
  biasHh: Parameter;
  /** Both biases in one, or apart where the cell needs them so: (units, sums, 16). */
  bias: number;
  /**
   * Gathered by token: a table (V rows, G*U panels) of the input's share of the sums, biases included, when the
   * vocabulary is small.
   */
  table?: PanelMatrix;
  dTable?: PanelMatrix;
  /** (T*B, sums * U panels): gate sums, then gate values, then their gradients; for inference (B, …). */
  z: PanelMatrix;
  /** Own rows. */
  h: PanelMatrix;
  /** Own rows; LSTM. */
  c?: PanelMatrix;
  /** (T*B, U): r * h of the GRU with reset before the matrix. */
  resetH?: PanelMatrix;
  /** Gradient of h, own rows. */
  dh?: PanelMatrix;
  /** (B, U): gradients of the state before the sequence, and of the final one, where another stack has part in them. */
  dInitial?: { h: PanelMatrix; c?: PanelMatrix };
  dFinal?: { h: PanelMatrix; c?: PanelMatrix };
}

/** A layer in all its directions. */
export interface LevelLayout {
  layers: LayerLayout[];
  /** (T*B, panels): what the level hands on; both directions side by side, or summed. */
  output: PanelMatrix;
  columns: Columns;
  summed: boolean;
  /** The output after dropout, when there is dropout and a level above. */
  dropped?: PanelMatrix;
  dOutput?: PanelMatrix;
  /** Stream of the dropout's random numbers. */
  dropoutStream: number;
}

export interface StackLayout {
  shape: StackShape;
  /** Index of the sequence that it reads. */
  sequence: number;
  levels: LevelLayout[];
  embedding?: Parameter;
  /** The embedding packed (V rows, panels of E), when there are tables. */
  embeddingPanels?: PanelMatrix;
  /** (T*B, panels of E) and its gradient, when there is an embedding and no table. */
  embedded?: PanelMatrix;
  dEmbedded?: PanelMatrix;
  /** Stream of the dropout of `embedded`, if there is any. */
  embeddingStream?: number;
}

/** Tokens that stacks read: up to `steps` time steps of B rows. */
export interface SequenceLayout {
  steps: number;
  /** Int32, (T*B) and (B). */
  inputs: number;
  lengths: number;
}

/** Up to half as many tokens get a table of the first layer's input sums even when a call has few positions. */
const SMALL_VOCABULARY = 2048;
/** Streams of dropout's random numbers that a stack has to itself: one a level, and those below. */
const STREAMS = 128;
const EMBEDDING_STREAM = 100;
export const FEATURE_STREAM = 101;

/**
 * Whether dropout is on embeddings and before the output layer too, not between layers alone: in the models of
 * `classify`, `tag` and `translate`, which see far fewer examples than a language model sees tokens.
 */
export function dropsEverywhere({ model, training }: EngineOptions): boolean {
  const { task = 'lm' } = model;
  return training !== undefined && training.dropout > 0 && task !== 'lm' && task !== 'fill';
}

/** Whether the first level's input sums are gathered from a table of the vocabulary instead of computed by position. */
export function hasTable({ model, batchSize, training }: EngineOptions, vocabulary: number, steps: number): boolean {
  // Decoding packs once and takes few positions at a time: there the table pays for larger vocabularies.
  const positions = steps * batchSize;
  return model.embedding > 0 && 2 * vocabulary <= (training ? positions : Math.max(positions, SMALL_VOCABULARY));
}

/** Where the states of a level, or their gradients, lie: rows of time step t from (t + 1) * B on, in (T + 2) * B rows. */
export type StateBuffer = PanelMatrix;

export function stateRows(batchSize: number, steps: number): number {
  return (steps + 2) * batchSize;
}

export interface StackPlan {
  shape: StackShape;
  index: number;
  sequence: number;
  steps: number;
  /** The top level's buffers, when they are part of something larger. */
  top?: { h: StateBuffer; dh?: StateBuffer };
  /**
   * Whether the states before the sequence have a gradient to keep, or the final ones one from elsewhere: those of all
   * levels (a decoder's and an encoder's), or the final ones of the top level alone (what a classifier reads).
   */
  linked?: 'initial' | 'final' | 'final of the top';
}

export function createStack(
  arena: Arena,
  options: EngineOptions,
  form: CellForm,
  parameters: ReadonlyMap<string, Parameter>,
  plan: StackPlan,
): StackLayout {
  const { model, batchSize: B, training } = options;
  const { shape, steps: T, top } = plan;
  const units = panelsOf(model.hidden);
  const both = shape.directions.length === 2;
  const summed = both && model.merge === 'sum';
  const table = hasTable(options, shape.vocabulary, T);
  const isEmbedded = model.embedding > 0 && !table;
  const statePanels = units * shape.directions.length;
  const columns: Columns = { blocks: both && !summed ? 2 : 1, size: model.hidden };

  // The gradients of a level and of the one below take turns in two buffers.
  const widest = Math.max(statePanels, isEmbedded ? panelsOf(model.embedding) : 0);
  const gradientBuffer = (): StateBuffer => arena.activations(stateRows(B, T), widest);
  const topBuffer = (model.layers - 1) % 2;
  const gradients: StateBuffer[] = [];
  if (training) {
    const needed = model.layers > 1 || (isEmbedded && !top) ? [0, 1] : [0];
    for (const i of needed) gradients[i] = i === topBuffer && top?.dh ? top.dh : gradientBuffer();
  }

  const levels: LevelLayout[] = [];
  for (let level = 0; level < model.layers; level++) {
    const states = level === model.layers - 1 && top ? top.h : arena.activations(stateRows(B, T), statePanels);
    const dStates: StateBuffer | undefined = gradients[level % 2];
    const layers = shape.directions.map((direction, i) => {
      const own = (buffer: StateBuffer): PanelMatrix => {
        const row = direction === 'reverse' ? B : 0;
        return shifted(buffer, i * units, row, units);
      };
      return createLayer(arena, options, form, parameters, plan, {
        level,
        suffix: layerSuffix(shape, level, direction),
        reverse: direction === 'reverse',
        table: table && level === 0,
        columns: level > 0 ? columns : { blocks: 1, size: inputSize(model, shape, 0) },
        h: own(states),
        ...(dStates ? { dh: own(dStates) } : {}),
      });
    });
    levels.push({
      layers,
      columns,
      summed,
      output: summed ? arena.activations(T * B, units) : shifted(states, 0, B, statePanels),
      dropoutStream: plan.index * STREAMS + level + 1,
      ...(dStates ? { dOutput: shifted(dStates, 0, B, columnPanels(columns)) } : {}),
      ...(training && training.dropout > 0 && level < model.layers - 1
        ? { dropped: arena.activations(T * B, columnPanels(columns)) }
        : {}),
    });
  }
  const embedding = parameters.get(shape.embedding);
  const embeddingPanels = panelsOf(model.embedding);
  return {
    shape,
    sequence: plan.sequence,
    levels,
    ...(embedding ? { embedding } : {}),
    ...(table ? { embeddingPanels: arena.weights(Math.ceil(shape.vocabulary / PANEL) * PANEL, embeddingPanels) } : {}),
    ...(isEmbedded ? { embedded: arena.activations(T * B, embeddingPanels) } : {}),
    ...(isEmbedded && dropsEverywhere(options) ? { embeddingStream: plan.index * STREAMS + EMBEDDING_STREAM } : {}),
    // What is part of something larger has no room to spare.
    ...(isEmbedded && training
      ? { dEmbedded: shifted(top ? gradientBuffer() : gradients[1], 0, B, embeddingPanels) }
      : {}),
  };
}

interface LayerPlan {
  level: number;
  suffix: string;
  reverse: boolean;
  table: boolean;
  columns: Columns;
  h: PanelMatrix;
  dh?: PanelMatrix;
}

function createLayer(
  arena: Arena,
  options: EngineOptions,
  form: CellForm,
  parameters: ReadonlyMap<string, Parameter>,
  { shape, steps: T, linked }: StackPlan,
  { level, suffix, reverse, table, columns, h, dh }: LayerPlan,
): LayerLayout {
  const { model, batchSize: B, training } = options;
  const units = panelsOf(model.hidden);
  const oneHot = level === 0 && model.embedding === 0;
  const parameter = (name: string): Parameter => parameters.get(`${shape.name}.${name}${suffix}`)!;
  const gates: Columns = { blocks: form.gates, size: model.hidden };
  const lstm = form.kind === 'lstm';
  const paddedV = Math.ceil(shape.vocabulary / PANEL) * PANEL;
  const state = (): { h: PanelMatrix; c?: PanelMatrix } => ({
    h: arena.activations(B, units),
    ...(lstm ? { c: arena.activations(B, units) } : {}),
  });
  return {
    level,
    reverse,
    inputPanels: columnPanels(columns),
    units,
    ih: createLinear(arena, parameter('weight_ih'), {
      outputs: gates,
      columns,
      backward: training !== undefined && !oneHot,
    }),
    hh: createLinear(arena, parameter('weight_hh'), { outputs: gates, backward: training !== undefined }),
    biasIh: parameter('bias_ih'),
    biasHh: parameter('bias_hh'),
    bias: arena.reserve(units * form.sums * ROW),
    z: arena.activations(training ? T * B : B, form.sums * units),
    h,
    ...(table ? { table: arena.weights(paddedV, form.gates * units) } : {}),
    ...(lstm ? { c: arena.activations((T + 1) * B, units) } : {}),
    ...(form.kind === 'gru before' ? { resetH: arena.activations(T * B, units) } : {}),
    ...(training && (oneHot || table) ? { dTable: arena.weights(paddedV, form.gates * units) } : {}),
    ...(dh ? { dh } : {}),
    ...(training && linked === 'initial' ? { dInitial: state() } : {}),
    ...(training && linked === 'final' ? { dFinal: state() } : {}),
    ...(training && linked === 'final of the top' && level === model.layers - 1
      ? { dFinal: { h: arena.activations(B, units) } }
      : {}),
  };
}
