/**
 * What a recurrent cell is, and what it works on: a layer in the memory, and one time step of it.
 *
 * A cell turns the sums of its gates into gate values and states. The sums come from the layer's input and, for most cells,
 * from the state before through a recurrent matrix; layer.ts has both products, and the stack goes through the time steps. Sums
 * that wait for no state are there for the whole sequence before its first time step.
 */

import type { Address, PanelMatrix } from '../../kernels/index.ts';
import type { ParameterSpec } from '../../model/index.ts';
import type { Columns, Parameter, Planner } from '../memory/index.ts';
import type { Context, Region } from '../team/index.ts';
import type { DropoutStream } from './dropout.ts';
import type { Norm, NormShape } from './layer-norm.ts';
import type { Linear } from './linear.ts';

/** What a cell's parameters depend on. */
export interface CellShape {
  /** H. */
  hidden: number;
  /** Width of the input, the vocabulary for one-hot input. */
  input: number;
  /** The input is one-hot: columns of `weight_ih` are tokens. */
  oneHot: boolean;
}

/** A run of gates that one recurrent product computes: gates of the weight, where their sums go in z, and what they multiply. */
export interface RecurrentProduct {
  firstGate: number;
  gates: number;
  firstSum: number;
  /** The state h before the time step, or the layer's `operand`. */
  operand: 'h' | 'operand';
}

/** One cell: gates, states, parameters, memory, forward, backward. `Kept` is what a layer of it keeps besides. */
export interface Cell<Kept = unknown> {
  /** Names of what `values` holds after a forward pass, in the order of the weights' rows; empty where it holds nothing to look at. */
  readonly gates: readonly string[];
  /** Which of them are candidates, seen in the state that takes them in; the others are between 0 and 1. */
  readonly candidates: readonly string[];
  /** The gate that tells which share of its state a unit keeps: its value, or the rest to 1. */
  readonly keeps: { readonly gate: string; readonly share: 'value' | 'rest' } | undefined;
  /** G: gates of the weights, H rows each. Input products fill the first G sums, one a gate. */
  readonly gateCount: number;
  /** Sums kept a unit: G, or one more where a gate's recurrent part is kept apart. */
  readonly sums: number;
  /** States that go from time step to time step, `h` first: what the layer hands on. */
  readonly states: readonly string[];
  /** Empty for a cell without a recurrent matrix, whose sums the stack computes, all at once. */
  readonly recurrent: readonly RecurrentProduct[];
  /**
   * What is normalized over the units of a row: first the sums, a block each, whose only biases are then the norm's. Empty
   * for a cell whose units threads may share out.
   */
  readonly norms: readonly NormShape[];
  /** In the order on the flat block; the stack puts its name before theirs and the layer's suffix behind. */
  parameters(shape: CellShape): ParameterSpec[];
  /** Memory beyond z and the states: of `steps` time steps, or of one without training. */
  plan(planner: Planner, panels: number, steps: number): Kept;
  /** One time step: sums (but for a cell without a recurrent matrix), gates, states. */
  forward(context: Context, layer: Layer<Kept>, step: Step): void;
  /**
   * One time step back: from the gradients of the states to those of the sums, in z, and of the states before. What came for
   * h from above is in `layer.dStates.h` already; what comes from the next time step is added there.
   */
  backward(context: Context, layer: Layer<Kept>, step: Step): void;
}

/** A matrix for each of a cell's states, by name. */
export type States = { readonly h: PanelMatrix } & { readonly [name: string]: PanelMatrix };

/** What a layer reads, and where the gradient of that goes. Both directions of a level have one in common. */
export interface LayerInput {
  columns: Columns;
  panels: number;
  /** Int32, (T*B): tokens whose sums are gathered; then there is nothing by position. */
  tokens: Address | undefined;
  /** (T*B, panels), and the same after dropout, which training reads; one matrix where there is no dropout. */
  plain: PanelMatrix | undefined;
  dropped: PanelMatrix | undefined;
  /** (T*B, panels), where anything below wants it. */
  gradient: PanelMatrix | undefined;
  /** Dropout on the way in, and so on the gradient's way out. */
  dropout: DropoutStream | undefined;
}

/** One layer in one direction. */
export interface Layer<Kept = unknown> {
  cell: Cell<Kept>;
  level: number;
  /** Reads its sequence from the end. */
  reverse: boolean;
  input: LayerInput;
  /** Panels of H. */
  panels: number;
  /**
   * Rows of the weights are gates. With one-hot input the biases are added to `ih.forward`, and its rows are gathered
   * instead of multiplied.
   */
  ih: Linear;
  hh: Linear | undefined;
  /** Absent where the sums are normalized. */
  biasIh: Parameter | undefined;
  biasHh: Parameter | undefined;
  /** Both biases in one, or apart where the cell needs them so: (sums, panels, 16). */
  bias: Address;
  /**
   * Gathered by token: a table (V rows, G * panels) of the input's share of the sums, biases included, when the
   * vocabulary is small.
   */
  table: PanelMatrix | undefined;
  dTable: PanelMatrix | undefined;
  /**
   * (T*B, sums * panels): gate sums, in the end their gradients; for inference (B, …) where sums wait for the state.
   */
  z: PanelMatrix;
  /** Likewise: gate values. It is z itself, or where sums are normalized what these become, and then their gradients. */
  values: PanelMatrix;
  norms: readonly Norm[];
  /** Own rows (see layer.ts), (T+1)*B of them. */
  states: States;
  /** (T*B, panels): what recurrent products multiply in place of h, by cells that have such. */
  operand: PanelMatrix | undefined;
  /** Gradients: of h by own rows, of the other states (B, panels) at the time step in hand. */
  dStates: States | undefined;
  /** (B, panels): gradients of the states before the sequence, and of the final ones, where another stack has part in them. */
  dInitial: States | undefined;
  dFinal: States | undefined;
  kept: Kept;
}

/** One thread's part of a layer's positions that lie one behind the other: of one time step, or of several. */
export interface Positions {
  region: Region;
  /** Rows up to the last one that still goes on; they are the region's first ones. */
  rows: number;
  /** Rows of the region behind them, which have ended. */
  ended: number;
  /** Row of the first position in what is kept by position, (T*B, …). */
  row: number;
  /** The same in z, which may have the rows of one time step. */
  zRow: number;
  training: boolean;
}

/** One thread's part of one time step of a layer. */
export interface Step extends Positions {
  /** Own rows of the states before and after the time step. */
  before: number;
  after: number;
  /** Rows whose state before the time step has a gradient that is wanted. */
  wanted: number;
}
