/** `lm sample --interactive`: a text that a person and a model write in turns. */

import { createTurns, type Model, promptRead } from '../ask/index.ts';
import type { SampledToken } from '../decode/index.ts';
import { type OptionValues, sampleOptions } from '../options/index.ts';
import { answerTyped } from './prompt.ts';

const { label, length, temperature, topK, topP, minP, repetitionPenalty, repetitionWindow, noRepeatNgram, seed, stop } =
  sampleOptions;
const drawing = {
  length,
  temperature,
  topK,
  topP,
  minP,
  repetitionPenalty,
  repetitionWindow,
  noRepeatNgram,
  seed,
  stop,
};

/** Writes samples as they are drawn. */
type Write = (model: Model, drawn: Iterable<SampledToken>, start: { prompt: string; seed: number }) => Promise<void>;

/** Writes a first text, unless `--interactive` has given no prompt for it, and then asks for more. */
export async function writeInTurns(
  model: Model,
  given: Partial<OptionValues<typeof sampleOptions>>,
  write: Write,
): Promise<void> {
  const { greedy, interactive, prompt, ...rest } = given;
  const flags = { ...rest, ...(greedy ? { temperature: 0 } : {}) };
  const turns = createTurns(model);
  let drawn = 0;

  const answer = async (typed: string, stopped: () => boolean): Promise<void> => {
    const prompt = flags.json ? typed : promptRead(model, typed);
    // Another seed for each turn, by the one that is set.
    const seed = ((flags.seed ?? Math.floor(Math.random() * 2 ** 32)) + drawn++) % Number.MAX_SAFE_INTEGER;
    const tokens = turns.next({ ...flags, prompt, seed });
    await write(model, until(stopped, tokens), { prompt, seed });
  };

  if (!interactive || prompt) await answer(prompt ?? '', () => false);
  const table = model.config.options.format === 'labelled' ? { label, ...drawing } : drawing;
  const hint = 'Type a text to go on from, or Enter alone to go on.';
  const actions = { reset: { help: 'forget the text', run: turns.reset } };
  await answerTyped({ table, flags, hint, actions }, answer);
}

function* until(stopped: () => boolean, tokens: Iterable<SampledToken>): Generator<SampledToken> {
  for (const token of tokens) {
    if (stopped()) return;
    yield token;
  }
}
