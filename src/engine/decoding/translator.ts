/** `translate` models for decoding: the encoder on whole sources, the decoder a time step at a time, on this thread. */

import {
  at,
  f32Index,
  i32Index,
  type KernelChoice,
  PANEL,
  type PanelMatrix,
  panelsOf,
  shifted,
} from '../../kernels/index.ts';
import type { ModelConfig } from '../../model/index.ts';
import { forwardChunk } from '../chunk.ts';
import { type TranslateNetwork, translate } from '../networks/index.ts';
import { type Attention, forwardStack, linearForward, prepareSource, weigh } from '../parts/index.ts';
import type { Context } from '../team/index.ts';
import type { Tensor } from '../types.ts';
import { createInference, groupsByLength, growing, type Inference, longestOf, writeGroup } from './inference.ts';
import { createStateStore, type StepState } from './state-store.ts';
import type { EngineStepModel } from './step-model.ts';

/** Rows computed at once; more go in several groups. */
const GROUP_ROWS = 64;

export interface Translator {
  /**
   * The decoder for some sources of token ids, none empty: rows of `start(n)` are n of the only source, or one of each
   * of n sources. The first token to give it is `<bos>`.
   */
  decoder(sources: readonly ArrayLike<number>[]): SourceDecoder;
}

export interface SourceDecoder extends EngineStepModel {
  /** Weights (rows, longest source) of the step that led to a state, 0 past a source's end; undefined without attention. */
  attention(state: StepState): Float32Array | undefined;
}

/** A decoder's state, with the source that each row belongs to. */
interface DecoderState extends StepState {
  sources: Int32Array;
  attention?: Float32Array;
}

/** What a source leaves to the decoder: its first state, and its states in the form of a scratch's `source`. */
interface Encoded {
  initial: StepState;
  length: number;
  states: Float32Array;
}

/** `parameters` are copied; each must have the name and size that the configuration gives it. */
export function createTranslator(
  model: ModelConfig,
  parameters: readonly Tensor[],
  kernel: KernelChoice = 'auto',
): Translator {
  const roomFor = growing((sourceLength) =>
    createInference(translate, { model, batchSize: GROUP_ROWS, sequenceLength: 1, sourceLength }, parameters, kernel),
  );
  return {
    decoder(sources) {
      const longest = longestOf(sources);
      const inference = roomFor(longest);
      return createDecoder(inference, encodeSources(inference, sources), longest);
    },
  };
}

type Translation = Inference<TranslateNetwork>;

function decoderStates({ decoder }: TranslateNetwork): PanelMatrix[] {
  return decoder.levels.flatMap(({ layers: [{ cell, states }] }) => cell.states.map((name) => states[name]));
}

function encodeSources({ context, plan }: Translation, sources: readonly ArrayLike<number>[]): Encoded[] {
  const { i32, f32, batchSize: B } = context;
  const { network, options } = plan;
  const { encoder, attention } = network;
  const store = createStateStore(context, decoderStates(network));
  const { output } = encoder.top;
  const encoded: Encoded[] = new Array(sources.length);
  for (const group of groupsByLength(sources, B)) {
    const span = writeGroup(context, encoder.tokens.sequence, options.model.vocabulary, group, sources);
    for (let row = 0; row < B; row++) i32[i32Index(network.sourceRows) + row] = row;
    forwardStack(context, forwardChunk([{ steps: 1, active: [B] }, span]), encoder);
    network.bridge(context);
    const all = store.start(B);
    store.store(all, 0, B, 0);
    group.forEach((index, row) => {
      const initial = store.select(all, [row]);
      const { length } = sources[index];
      const states = new Float32Array(attention ? length * output.panels * PANEL : 0);
      for (let panel = 0; attention && panel < output.panels; panel++) {
        for (let t = 0; t < length; t++) {
          const from = f32Index(at(output, panel, t * B + row));
          states.set(f32.subarray(from, from + PANEL), (panel * length + t) * PANEL);
        }
      }
      encoded[index] = { initial, length, states };
    });
  }
  return encoded;
}

function createDecoder(inference: Translation, encoded: readonly Encoded[], longest: number): SourceDecoder {
  const { context, plan } = inference;
  const { network, options } = plan;
  const { decoder, attention, heads } = network;
  const [head] = heads;
  const { classes } = options.model;
  const store = createStateStore(context, decoderStates(network));
  const inputs = i32Index(decoder.tokens.sequence.inputs);
  let logProbabilities = new Float32Array(0);
  return {
    vocabulary: classes,
    start(rows) {
      if (encoded.length > 1 && rows !== encoded.length) {
        throw new RangeError(`${rows} rows are not one for each of ${encoded.length} sources`);
      }
      const sources = Int32Array.from({ length: rows }, (_, row) => (encoded.length === 1 ? 0 : row));
      const state = store.start(rows);
      const panels = state.values.length / (rows * PANEL);
      sources.forEach((source, row) => {
        const { values } = encoded[source].initial;
        for (let panel = 0; panel < panels; panel++) {
          state.values.set(values.subarray(panel * PANEL, (panel + 1) * PANEL), (panel * rows + row) * PANEL);
        }
      });
      const started: DecoderState = { ...state, sources };
      return started;
    },
    next(before, tokens) {
      const { rows, sources } = before as DecoderState;
      const state: DecoderState = { ...store.start(rows), sources };
      if (attention) state.attention = new Float32Array(rows * longest);
      if (logProbabilities.length !== rows * classes) logProbabilities = new Float32Array(rows * classes);
      for (let first = 0; first < rows; first += GROUP_ROWS) {
        const count = Math.min(GROUP_ROWS, rows - first);
        store.load(before, first, count);
        for (let row = 0; row < count; row++) context.i32[inputs + row] = tokens[first + row];
        forwardStack(context, forwardChunk([{ steps: 1, active: [count] }]), decoder);
        store.store(state, first, count, GROUP_ROWS);
        if (attention) attendRows(context, attention, encoded, state, first, count, longest);
        head.logProbabilities(context, head.features.matrix, count, logProbabilities, first * classes);
      }
      return { state, logProbabilities };
    },
    select(state, rows) {
      const { sources } = state as DecoderState;
      const selected: DecoderState = {
        ...store.select(state, rows),
        sources: Int32Array.from({ length: rows.length }, (_, row) => sources[rows[row]]),
      };
      return selected;
    },
    attention: (state) => (state as DecoderState).attention,
  };
}

/** Attention of the decoder's rows 0 to `count`, which are rows `first` and following of a state. */
function attendRows(
  context: Context,
  attention: Attention,
  encoded: readonly Encoded[],
  { sources, attention: weights }: DecoderState,
  first: number,
  count: number,
  longest: number,
): void {
  const { kernels, f32 } = context;
  const { score, query, joined, attended, combine, probabilities, scratch } = attention;
  const { output } = attention.decoder.top;
  const contextPanels = joined.panels - attended.panels;
  const [here] = scratch;
  if (score) linearForward(context, score, query!, 0, output, 0, count);
  kernels.copyPanels(shifted(joined, contextPanels, 0), output, count, output.panels);
  const queries = query ?? output;
  for (let row = 0; row < count; row++) {
    const { states, length } = encoded[sources[first + row]];
    for (let panel = 0; panel < here.source.panels; panel++) {
      const from = panel * length * PANEL;
      f32.set(states.subarray(from, from + length * PANEL), f32Index(at(here.source, panel, 0)));
    }
    prepareSource(context, here.source, here.sourceTransposed, length);
    weigh(context, here, shifted(queries, 0, row), probabilities, shifted(joined, 0, row), 1, length);
    for (let panel = 0; panel < panelsOf(length); panel++) {
      const from = f32Index(at(probabilities, panel, 0));
      const t = panel * PANEL;
      weights!.set(f32.subarray(from, from + Math.min(PANEL, length - t)), (first + row) * longest + t);
    }
  }
  linearForward(context, combine, attended, 0, joined, 0, count);
  for (let panel = 0; panel < attended.panels; panel++) {
    kernels.rnnForward(at(attended, panel, 0), at(attended, panel, 0), count);
  }
}
