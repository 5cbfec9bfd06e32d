/** Where what comes after the recurrent layers lies in the memory: softmaxes, pooling, attention, and the bridge to a decoder. */

import { clusters, hasBridge, type Pool } from '../model/index.ts';
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
} from './panels.ts';
import type { LevelLayout } from './stack-layout.ts';
import type { EngineOptions } from './types.ts';

/** Logit of a padded column: its exponential is exactly 0. */
const PADDED_LOGIT = -1e30;
/** Bytes of logits that exist at once, at most (but at least one row for each thread). */
const LOGITS_BYTES = 16 << 20;

/** A softmax over some classes of an input of some width. */
export interface SoftmaxLayout extends Linear {
  classes: number;
  /** (blockRows, panels of classes). */
  logits: PanelMatrix;
  blockRows: number;
}

/** A cluster of the adaptive softmax. Row r of its matrices is the r-th position with a target in it. */
export interface TailLayout {
  /** The cluster's first token. */
  first: number;
  softmax: SoftmaxLayout;
  /** (width, H) */
  projection: Linear;
  /** (T*B, U): the top layer's hidden states, then their gradients. */
  hidden: PanelMatrix;
  /** (T*B, panels of width). */
  projected: PanelMatrix;
  dProjected?: PanelMatrix;
}

/** What `classify` reads of the top level. */
export interface PoolLayout {
  kind: Pool;
  /** (B, panels) */
  pooled: PanelMatrix;
  dPooled?: PanelMatrix;
  /** Int32, in the form of `pooled`: the time step of each maximum. */
  where: PanelMatrix;
}

/**
 * Attention of a decoder's top states (H) on the encoder's top outputs (W), Luong et al. 2015. Matrices of N = T*B rows
 * have the time steps of a target one after the other, and one target's after another's, without padding.
 */
export interface AttentionLayout {
  /** (W, H), for the general score. */
  score?: Linear;
  /** (N, panels of W): what the encoder's outputs are compared with, for the general score; then its gradient. */
  query?: PanelMatrix;
  /** (N, panels of S, the source length). */
  probabilities: PanelMatrix;
  /** (N, panels of W and of H): contexts and states side by side. */
  joined: PanelMatrix;
  dJoined?: PanelMatrix;
  /** (H, W + H), without a bias. */
  combine: Linear;
  /** (N, U): tanh of the combination. */
  combined: PanelMatrix;
  dCombined?: PanelMatrix;
  /** (T*B, U): the same by position, as the output layer reads it. */
  attended: PanelMatrix;
  dAttended?: PanelMatrix;
  /** Int32, (N): the position of each row. */
  targetPositions: number;
  /** Int32, (B, S): the positions of a source's time steps. */
  sourcePositions: number;
  /** Scratch of each worker. */
  scratch: AttentionScratch[];
}

/** One source by itself, in whole panels of time steps. */
export interface AttentionScratch {
  /** (S, panels of W) and its transpose (W, panels of S). */
  source: PanelMatrix;
  sourceTransposed: PanelMatrix;
  dSource: PanelMatrix;
  /** (T, panels of S) */
  dScores: PanelMatrix;
}

/** One state (h or c) of one level on its way from the encoder to the decoder; rows are the decoder's. */
export interface BridgeLayout {
  level: number;
  state: 'h' | 'c';
  /** (B, panels of W): the encoder's final states, and their gradients. */
  finals: PanelMatrix;
  dFinals: PanelMatrix;
  /** (H, W); absent where the states go over as they are. */
  linear?: Linear;
}

export function createSoftmax(
  arena: Arena,
  options: EngineOptions,
  weight: Parameter,
  bias: Parameter | undefined,
  columns?: Columns,
): SoftmaxLayout {
  const classes = weight.shape[0];
  const panels = panelsOf(classes);
  const positions = options.sequenceLength * options.batchSize;
  const fitting = Math.floor(LOGITS_BYTES / (panels * ROW));
  const blockRows = Math.min(positions, Math.max(options.threads, PANEL, fitting));
  const backward = options.training !== undefined;
  return {
    ...createLinear(arena, weight, { bias, backward, padding: PADDED_LOGIT, ...(columns ? { columns } : {}) }),
    classes,
    logits: arena.activations(blockRows, panels),
    blockRows,
  };
}

export function createTails(
  arena: Arena,
  options: EngineOptions,
  parameters: ReadonlyMap<string, Parameter>,
): TailLayout[] {
  const { model, training } = options;
  const positions = options.sequenceLength * options.batchSize;
  return clusters(model).map(({ first, width }, i) => ({
    first,
    softmax: createSoftmax(arena, options, parameters.get(`output.tail.${i}.1.weight`)!, undefined),
    projection: createLinear(arena, parameters.get(`output.tail.${i}.0.weight`)!, { backward: training !== undefined }),
    hidden: arena.activations(positions, panelsOf(model.hidden)),
    projected: arena.activations(positions, panelsOf(width)),
    ...(training ? { dProjected: arena.activations(positions, panelsOf(width)) } : {}),
  }));
}

export function createPool(
  arena: Arena,
  { model, batchSize: B, training }: EngineOptions,
  columns: Columns,
): PoolLayout {
  const panels = columnPanels(columns);
  return {
    kind: model.pool ?? 'last',
    pooled: arena.activations(B, panels),
    where: arena.activations(B, panels),
    ...(training ? { dPooled: arena.activations(B, panels) } : {}),
  };
}

export function createBridges(
  arena: Arena,
  { model, batchSize: B, training }: EngineOptions,
  parameters: ReadonlyMap<string, Parameter>,
  columns: Columns,
): BridgeLayout[] {
  const panels = columnPanels(columns);
  const states = model.cell === 'lstm' ? (['h', 'c'] as const) : (['h'] as const);
  return Array.from({ length: model.layers }, (_, level) =>
    states.map((state): BridgeLayout => {
      const name = `bridge_${state}.${level}`;
      return {
        level,
        state,
        finals: arena.activations(B, panels),
        dFinals: arena.activations(B, panels),
        ...(hasBridge(model)
          ? {
              linear: createLinear(arena, parameters.get(`${name}.weight`)!, {
                columns,
                bias: parameters.get(`${name}.bias`),
                backward: training !== undefined,
              }),
            }
          : {}),
      };
    }),
  ).flat();
}

export function createAttention(
  arena: Arena,
  options: EngineOptions,
  parameters: ReadonlyMap<string, Parameter>,
  encoder: LevelLayout,
): AttentionLayout {
  const { model, batchSize: B, sequenceLength: T, sourceLength: S = 1, threads, training } = options;
  const { columns } = encoder;
  const backward = training !== undefined;
  const units = panelsOf(model.hidden);
  const wide = columnPanels(columns);
  const sourcePanels = panelsOf(S);
  const weight = parameters.get('attention.weight');
  const whole = (panels: number): PanelMatrix => arena.activations(T * B, panels);
  return {
    ...(weight
      ? {
          score: createLinear(arena, weight, { outputs: columns, backward }),
          query: whole(wide),
        }
      : {}),
    probabilities: whole(sourcePanels),
    joined: whole(wide + units),
    combine: createLinear(arena, parameters.get('attention_output.weight')!, {
      columns: { blocks: columns.blocks + 1, size: model.hidden },
      backward,
    }),
    combined: whole(units),
    attended: whole(units),
    ...(backward ? { dJoined: whole(wide + units), dCombined: whole(units), dAttended: whole(units) } : {}),
    targetPositions: arena.reserve(T * B * 4),
    sourcePositions: arena.reserve(B * S * 4),
    scratch: Array.from({ length: threads }, () => ({
      source: arena.activations(sourcePanels * PANEL, wide),
      sourceTransposed: arena.weights(wide * PANEL, sourcePanels),
      dSource: arena.activations(sourcePanels * PANEL, wide),
      dScores: arena.activations(T, sourcePanels),
    })),
  };
}
