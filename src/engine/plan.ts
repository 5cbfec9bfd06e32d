/**
 * Where everything lies in the one shared memory of an engine. A plan is a pure function of the options, so that every worker
 * computes its own and nothing but the memory has to be shared.
 *
 * Notation: B rows of a batch, T time steps, H hidden size, V vocabulary. Memory of a training run, in floats: 3 to 5 times
 * the parameters (with gradients, average and moments), 2 times the weights again (packed for forward and backward), T * B *
 * (G + 2) * H a layer and direction for activations, and one block of logits.
 */

import type { Address, KernelVariant, Precision } from '../kernels/index.ts';
import { address, loadKernels, offsetBy } from '../kernels/index.ts';
import {
  type Arena,
  createArena,
  createBlock,
  type FlatBlock,
  type Parameter,
  type Planner,
  type Sequence,
  SLICE,
} from './memory/index.ts';
import { type Network, type NetworkKind, networkOf } from './networks/index.ts';
import { type MatrixRule, type Optimizer, optimizerOf } from './optimizers/index.ts';
import { hasTable, type StackShape, TILE_BYTES } from './parts/index.ts';
import { CONTROL_BYTES, type Context, profileBytes, stopwatch, type Threads } from './team/index.ts';
import type { EngineOptions } from './types.ts';

/**
 * An embedding's rows in use. Row by row, a chunk's gradient is cleared, added up and applied; the other rows keep
 * their values and moments. When a row comes into use again its moments first decay by the updates that it missed
 * (`lastUpdate`).
 */
export interface SparseRows {
  embedding: Parameter;
  /** Whose tokens are looked up. */
  sequence: Sequence;
  /**
   * Int32, (T*B) each: tokens of this chunk without repeats, and those of the training chunk before, whose gradient is
   * still there.
   */
  used: Address;
  stale: Address;
  /** Float32, (V): the update that a row had last, 0 for none. */
  lastUpdate: Address;
  /** Float64, one for each group of `ROW_GROUP` rows: sums of squares. */
  squares: Address;
}

/** Rows of a large embedding by which its norm is summed and its update shared out. */
export const ROW_GROUP = 32;
/** From this vocabulary on an embedding's updates go by the rows in use, if nothing else needs all of them. */
const LARGE_EMBEDDING = 1024;

/** What is updated by the optimizer's rule for matrices; nothing where it has none. */
export interface Matrices {
  /** Each with its place on the flat block, in floats. */
  shapes: readonly { offset: number; rows: number; columns: number }[];
  /** For each thread, room that the rule works in. */
  scratch: Address;
  scratchBytes: number;
}

export interface Plan<N extends Network = Network> {
  options: EngineOptions;
  precision: Precision;
  bytes: number;
  /** Bytes of all activations, [first, last). */
  activations: readonly [first: number, last: number][];
  block: FlatBlock;
  optimizer: Optimizer | undefined;
  network: N;
  /** Large untied embeddings whose gradient, norm and update go by the rows that a chunk uses. */
  sparse: SparseRows[];
  matrices: Matrices;
  /** Int32, (T*B): see `Planner`. */
  targets: Address;
  /** Float64: a partial sum of squares for each slice of `SLICE` gradients. */
  squares: Address;
  /** Scratch of each worker for a tile of a weight's gradient. */
  tiles: Address;
  /** Int32 control words, see team/threads.ts. */
  control: Address;
  /** See team/profile.ts. */
  profile: Address;
}

export function createPlan(options: EngineOptions): Plan {
  return planNetwork(options, networkOf(options.model));
}

/** The plan of a network of a known kind. */
export function planNetwork<N extends Network>(options: EngineOptions, kind: NetworkKind<N>): Plan<N> {
  const { model, batchSize: B, sequenceLength: T, sourceLength = 1, threads, precision = 'f32', training } = options;
  const arena = createArena();
  const control = arena.reserve(CONTROL_BYTES);
  const profile = arena.reserve(profileBytes(threads));
  const targets = arena.reserve(T * B * 4);
  const optimizer = training && optimizerOf(training.optimizer.name);
  const byRows = new Set(
    kind
      .stacks(model)
      .filter((shape) => updatesByRows(options, shape))
      .map(({ embedding }) => embedding),
  );
  const block = createBlock(
    arena,
    kind.parameters(model),
    (spec) => {
      if (byRows.has(spec.name)) return 'rows';
      return optimizer?.matrices?.appliesTo(spec) ? 'matrices' : 'slices';
    },
    optimizer?.moments.length,
  );
  const network = kind.plan({
    ...{ arena, model, batchSize: B, sequenceLength: T, sourceLength, threads, targets },
    precision,
    training: training !== undefined,
    dropout: training && training.dropout > 0 ? { rate: training.dropout, seed: training.seed } : undefined,
    labelSmoothing: training?.labelSmoothing ?? 0,
    impossible: options.impossible,
    classWeights: training?.classWeights,
    ...rooms(block.parameters),
  });
  const plan: Plan<N> = {
    options,
    precision,
    bytes: 0,
    activations: arena.activationRanges,
    block,
    optimizer,
    network,
    sparse: block.parameters
      .filter(({ name }) => byRows.has(name))
      .map((embedding) => planRows(arena, B, embedding, network)),
    matrices: planMatrices(arena, threads, block.parameters, model.hidden, optimizer?.matrices),
    targets,
    squares: arena.reserve((block.size / SLICE) * 8),
    tiles: training ? arena.reserve(threads * TILE_BYTES) : address(0),
    control,
    profile,
  };
  plan.bytes = arena.bytes;
  return plan;
}

/** Finding parameters by name, and rooms that parts share. */
function rooms(parameters: readonly Parameter[]): Pick<Planner, 'parameter' | 'shared'> {
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const shared = new Map<string, unknown>();
  return {
    parameter(name) {
      const parameter = byName.get(name);
      if (!parameter) throw new Error(`the network has no parameter ${name}`);
      return parameter;
    },
    shared<T>(name: string, make: () => T): T {
      if (!shared.has(name)) shared.set(name, make());
      return shared.get(name) as T;
    },
  };
}

function updatesByRows({ model, training, batchSize, ...lengths }: EngineOptions, shape: StackShape): boolean {
  const steps = shape.ofSource ? (lengths.sourceLength ?? 0) : lengths.sequenceLength;
  const { embedding, tie } = model;
  const large =
    shape.vocabulary >= LARGE_EMBEDDING && !hasTable({ embedding, training: true, batchSize }, shape.vocabulary, steps);
  return training !== undefined && large && !tie && embedding > 0 && embedding % 8 === 0;
}

function planRows(arena: Arena, batchSize: number, embedding: Parameter, { stacks }: Network): SparseRows {
  const { sequence } = stacks.find(({ tokens }) => tokens.embedding === embedding)!.tokens;
  const positions = sequence.steps * batchSize;
  return {
    embedding,
    sequence,
    used: arena.reserve(positions * 4),
    stale: arena.reserve(positions * 4),
    lastUpdate: arena.reserve(embedding.shape[0] * 4),
    squares: arena.reserve(Math.ceil(positions / ROW_GROUP) * 8),
  };
}

function planMatrices(
  arena: Arena,
  threads: number,
  parameters: readonly Parameter[],
  hidden: number,
  rule: MatrixRule | undefined,
): Matrices {
  if (!rule) return { shapes: [], scratch: address(0), scratchBytes: 0 };
  const shapes = parameters.filter(rule.appliesTo).flatMap(({ offset, shape: [rows, columns] }) =>
    Array.from({ length: rows / hidden }, (_, gate) => ({
      offset: offset + gate * hidden * columns,
      rows: hidden,
      columns,
    })),
  );
  const scratchBytes = Math.max(0, ...shapes.map(({ rows, columns }) => rule.scratchBytes(rows, columns)));
  return { shapes, scratch: arena.reserve(threads * scratchBytes), scratchBytes };
}

/** Weights of a layer above this no longer fit a core's second-level cache, so each thread keeps to a share of the panels. */
const SPLIT_BYTES = 4 << 20;

/** Whether threads may take shares of the hidden units: not where these are normalized together. */
export function mayShareUnits({ network }: Plan): boolean {
  return network.stacks.every(({ levels }) => levels.every(({ layers }) => layers[0].norms.length === 0));
}

function splitsPanels(plan: Plan): boolean {
  const { model, batchSize, threads } = plan.options;
  if (threads === 1 || !mayShareUnits(plan)) return false;
  const { gateCount } = plan.network.stacks[0].levels[0].layers[0].cell;
  const weightBytes = gateCount * model.hidden * model.hidden * (plan.precision === 'bf16' ? 2 : 4);
  return (weightBytes >= SPLIT_BYTES || batchSize < 2 * threads) && model.hidden >= 32 * threads;
}

/** One thread's way to work on a plan. */
export function createContext(
  memory: WebAssembly.Memory,
  plan: Plan,
  variant: KernelVariant,
  threads: Threads,
): Context {
  const { buffer } = memory;
  return {
    memory,
    kernels: loadKernels(variant, memory),
    threads,
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
    i32: new Int32Array(buffer),
    batchSize: plan.options.batchSize,
    splitPanels: splitsPanels(plan),
    precision: plan.precision,
    tile: offsetBy(plan.tiles, plan.options.training ? threads.rank * TILE_BYTES : 0),
    lap: plan.options.profile ? stopwatch(buffer, plan.profile, threads.rank) : () => {},
  };
}
