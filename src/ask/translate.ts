/** Other sequences for texts: greedily, by beam search, or drawn. */

import { beam, type Decoded, greedy, type RepetitionOptions, sample } from '../decode/index.ts';
import type { SourceDecoder } from '../engine/index.ts';
import { type Named, refuseUnknown } from '../options/index.ts';
import { BOS, EOS, PAD, UNK } from '../text/index.ts';
import { ASK_OPTIONS, type AskOptions, encodeTexts } from './inputs.ts';
import { demandTask, type Model } from './model.ts';

export interface TranslateOptions extends AskOptions, RepetitionOptions {
  /** Most tokens of a translation; that of the longest target of the run's corpus by default. */
  length?: number | undefined;
  /** Hypotheses of a beam search, which are all returned; without it, decoding is greedy. */
  beam?: number | undefined;
  /** With `beam`: above 0 favours longer translations; 0 (default) ranks by log-probability alone. */
  lengthPenalty?: number | undefined;
  /** With `beam`: as many searches of `beam / beamGroups` hypotheses each that are kept apart, diverse beam search. 1 by default. */
  beamGroups?: number | undefined;
  /** With `beamGroups`: what a token loses, in nats, for each hypothesis of the groups before that takes it; 0.5 by default. */
  beamDiversity?: number | undefined;
  /** Draws translations from the model's distribution, sharpened below 1, instead of searching for the likeliest. */
  temperature?: number | undefined;
  /** With `temperature`: how many are drawn for each text (1 by default), and the seed (1 by default). */
  samples?: number | undefined;
  seed?: number | undefined;
  /** Gives `attention` too. */
  attention?: boolean | undefined;
}

const TRANSLATE_OPTIONS: Named<TranslateOptions> = {
  ...ASK_OPTIONS,
  ...{ length: true, beam: true, lengthPenalty: true, temperature: true, samples: true, seed: true, attention: true },
  ...{ repetitionPenalty: true, repetitionWindow: true, noRepeatNgram: true, beamGroups: true, beamDiversity: true },
};

export interface Translation {
  text: string;
  /** Ids in the target's vocabulary; `<eos>` included, when it ended there. */
  tokens: number[];
  /** Natural log of the model's probability of each token. */
  logProbabilities: number[];
  /** Their sum. */
  logProbability: number;
  /** False for one that was cut at the length. */
  finished: boolean;
  /** Of a beam search: what it is ranked by. */
  score?: number;
  /** (tokens, source tokens) weights; of a model with attention, when asked for. */
  attention?: number[][];
}

/** Sources decoded side by side. */
const GROUP = 256;
/** What no translation holds. */
const FORBIDDEN = [UNK, BOS, PAD];

/**
 * Translations of each text, best first; one each, unless `beam` or `samples` say otherwise.
 *
 * @throws InputError for a text that is empty or has a tab, one longer than the run's `maxLength`, an option that there is not or
 *   out of its range, and a model of another task.
 */
export function translate(model: Model, texts: readonly string[], options: TranslateOptions = {}): Translation[][] {
  demandTask(model, 'translate');
  refuseUnknown(options, TRANSLATE_OPTIONS);
  const sources = encodeTexts(model, texts, options);
  const tokenizer = model.targetTokenizer!;
  return decodeSources(model, sources, options).map((found, i) =>
    found.map(({ tokens, logProbabilities, finished, score }) => ({
      text: tokenizer.decode(tokens),
      tokens,
      logProbabilities,
      logProbability: logProbabilities.reduce((sum, one) => sum + one, 0),
      finished,
      ...(score === undefined ? {} : { score }),
      ...(options.attention ? alignment(model.translator.decoder([sources[i]]), tokens, sources[i].length) : {}),
    })),
  );
}

/** Decodes sources of token ids, each on its own. */
export function decodeSources(
  model: Model,
  sources: readonly ArrayLike<number>[],
  options: TranslateOptions,
): (Decoded & { score?: number })[][] {
  const { translator, config } = model;
  const length = options.length ?? config.longest!.output;
  const { repetitionPenalty, repetitionWindow, noRepeatNgram } = options;
  const frame = { length, eos: EOS, forbidden: FORBIDDEN, repetitionPenalty, repetitionWindow, noRepeatNgram };
  if (options.beam !== undefined) {
    const { beam: width, lengthPenalty, beamGroups: groups, beamDiversity: diversity } = options;
    const search = { ...frame, prompt: [BOS], width, lengthPenalty, groups, diversity };
    return sources.map((source) => beam(translator.decoder([source]), search));
  }
  if (options.temperature !== undefined) {
    const { temperature, samples = 1, seed = 1 } = options;
    const drawing = { ...frame, prompt: [BOS], temperature, samples, seed, decoder: () => () => '' };
    return sources.map((source) => {
      const found = Array.from(
        { length: samples },
        (): Decoded => ({ tokens: [], logProbabilities: [], finished: false }),
      );
      for (const { sample: i, token, logProbability, end } of sample(translator.decoder([source]), drawing)) {
        found[i].tokens.push(token);
        found[i].logProbabilities.push(logProbability);
        if (end === 'eos') found[i].finished = true;
      }
      return found;
    });
  }
  // Sources of like length side by side, so that few wait for one.
  const order = sources.map((_, i) => i).sort((a, b) => sources[b].length - sources[a].length);
  const found: Decoded[][] = new Array(sources.length);
  for (let first = 0; first < order.length; first += GROUP) {
    const group = order.slice(first, first + GROUP);
    const decoder = translator.decoder(group.map((i) => sources[i]));
    greedy(decoder, { ...frame, rows: group.length, bos: BOS }).forEach((one, row) => {
      found[group[row]] = [one];
    });
  }
  return found;
}

/** What the decoder looks at while it writes each of `tokens`; empty without attention. */
function alignment(
  decoder: SourceDecoder,
  tokens: readonly number[],
  sourceLength: number,
): { attention?: number[][] } {
  const attention: number[][] = [];
  let state = decoder.start(1);
  for (let i = 0; i < tokens.length; i++) {
    ({ state } = decoder.next(state, [i === 0 ? BOS : tokens[i - 1]]));
    const weights = decoder.attention(state);
    if (weights === undefined) return {};
    attention.push(Array.from(weights.subarray(0, sourceLength)));
  }
  return { attention };
}
