/** `lm sample`: writes text with a trained model, to stdout as it comes. */

import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import {
  type Copy,
  type CopyFinder,
  demandTask,
  load,
  type Model,
  openCopyFinder,
  promptRead,
  sample,
  search,
} from '../ask/index.ts';
import type { SampledToken } from '../decode/index.ts';
import { flagName, InputError } from '../errors.ts';
import { type OptionValues, sampleOptions } from '../options/index.ts';
import { UNK } from '../text/index.ts';
import { addExamples, addFlags, checkNeeds } from './flags.ts';
import { isTerminal, isTyped, note, style, warn, writeJsonLine, writeText } from './terminal.ts';
import { wholeText } from './texts.ts';

type Flags = Partial<OptionValues<typeof sampleOptions>>;

/** Flags that mean nothing to greedy decoding, and those that mean nothing to a beam search. */
const FILTERS = ['temperature', 'topK', 'topP', 'minP'] as const;
const SAMPLING = ['greedy', ...FILTERS, 'seed', 'stop'] as const;

/** Tokens written between two looks at whether the reader has gone. */
const LOOK_EVERY = 32;

const EXAMPLES = {
  'lm sample': 'text from the newest run',
  'lm sample runs/my --prompt "The fox" --temperature 0.6': 'from a beginning, on the safe side',
  'lm sample runs/my --samples 5 --seed 7': 'five, the same ones again',
  'lm sample runs/my --beam 8 --no-repeat-ngram 12': 'the likeliest text, but not in a circle',
};

export function configure(command: Command): void {
  command.argument('[run]', "a run's folder, or a folder of runs for its newest (default: the newest in runs/)");
  addFlags(command, sampleOptions);
  command.action(write);
  addExamples(command, EXAMPLES);
}

/** Flags that say what to write, so that there is no need of a prompt. */
const ASKED = ['prompt', 'promptFile', 'samples', 'beam', 'json'] as const;

async function write(path: string | undefined, flags: Flags): Promise<void> {
  const { greedy, beam, json, promptFile, interactive, checkCopies } = flags;
  if (interactive) refuseTogether('interactive', flags, ['beam', 'samples', 'promptFile', 'checkCopies']);
  if (beam !== undefined) refuseTogether('beam', flags, SAMPLING);
  if (greedy) refuseTogether('greedy', flags, FILTERS);
  if (promptFile !== undefined) refuseTogether('promptFile', flags, ['prompt']);
  checkNeeds(flags);
  const model = load(path);
  demandTask(model, 'lm');
  const typed = promptFile === undefined ? (flags.prompt ?? '') : await wholeText(promptFile);
  const prompt = json ? typed : promptRead(model, typed);
  const unknown = model.tokenizer.encode(prompt).filter((id) => id === UNK).length;
  if (unknown > 0) warn(`the model does not know ${unknown} of the prompt's tokens, and reads each as <unk>.`);
  if (interactive || (isTyped() && isTerminal() && ASKED.every((name) => flags[name] === undefined))) {
    const { writeInTurns } = await import('./turns.ts');
    await writeInTurns(model, { ...flags, prompt }, json ? writeSamplesJson : writeSamples);
    return;
  }
  const copies = checkCopies ? await openCopyFinder(model, 'put it back, or leave out --check-copies') : undefined;
  try {
    await (beam === undefined ? writeDrawn : writeFound)(model, { ...flags, prompt }, copies);
  } finally {
    copies?.close();
  }
}

/** Flags with the prompt as it is read. */
type Asked = Flags & { prompt: string };

/** Writes what a beam search finds, the likeliest first. */
async function writeFound(model: Model, flags: Asked, copies: CopyFinder | undefined): Promise<void> {
  const { prompt, label, length, allowSpecial, json, samples = 1, beam: width = 1, lengthPenalty = 0 } = flags;
  const { beamGroups: groups, beamDiversity: diversity, repetitionPenalty, repetitionWindow, noRepeatNgram } = flags;
  if (samples > width) throw new InputError(`--samples ${samples} is more than --beam ${width} can find.`);
  const found = search(model, {
    ...{ prompt, label, length, allowSpecial, width, lengthPenalty, groups, diversity },
    ...{ repetitionPenalty, repetitionWindow, noRepeatNgram },
  });
  const start = { prompt, ...(label === undefined ? {} : { label }) };
  for (const [i, { text, tokens, logProbabilities, score, finished }] of found.slice(0, samples).entries()) {
    if (json) {
      const written = { text, ids: tokens, logProbabilities, score, finished };
      await writeJson(model, { ...written, ...copied(copies, tokens), ...start });
    } else {
      await begin(model, i, prompt);
      await writeText(text);
      await end(prompt + text);
      if (copies) tellCopy(copies.longest(tokens));
    }
  }
}

/** Draws samples, and writes them as they come. */
async function writeDrawn(model: Model, flags: Asked, copies: CopyFinder | undefined): Promise<void> {
  const { prompt, label, length, allowSpecial, json, samples, greedy, topK, topP, minP, stop } = flags;
  const { repetitionPenalty, repetitionWindow, noRepeatNgram } = flags;
  const temperature = greedy ? 0 : flags.temperature;
  const seed = flags.seed ?? Math.floor(Math.random() * 2 ** 32);
  const drawn = sample(model, {
    ...{ prompt, label, length, allowSpecial, samples, seed, temperature, topK, topP, minP, stop },
    ...{ repetitionPenalty, repetitionWindow, noRepeatNgram },
  });
  const start = { prompt, ...(label === undefined ? {} : { label }), seed };
  if (json) {
    await writeSamplesJson(model, drawn, start, copies);
    return;
  }
  if (flags.seed === undefined && temperature !== 0) note(`seed ${seed}`);
  const written: number[][] = [];
  await writeSamples(model, kept(drawn, written), start);
  if (copies) for (const ids of written) tellCopy(copies.longest(ids));
}

/** The tokens as they come, kept by sample. */
function* kept(drawn: Iterable<SampledToken>, ids: number[][]): Generator<SampledToken> {
  for (const one of drawn) {
    ids[one.sample] ??= [];
    ids[one.sample].push(one.token);
    yield one;
  }
}

function copied(copies: CopyFinder | undefined, ids: readonly number[]): { copied?: Copy } {
  return copies ? { copied: copies.longest(ids) } : {};
}

/** Characters that a model hardly writes as a training text has them without having learnt them by heart. */
const LONG_COPY = 50;

function tellCopy({ text, whole }: Copy): void {
  const length = [...text].length;
  const run = `${length} characters in a row: ${JSON.stringify(text)}`;
  if (whole) warn(`all that was written stands in the training text, ${run}`);
  else if (length >= LONG_COPY) warn(`what was written stands in the training text for ${run}`);
  else note(`copied from the training text: at most ${run}`);
}

/** What samples were drawn with. */
interface Start {
  prompt: string;
  label?: string;
  seed: number;
}

function refuseTogether(flag: keyof Flags, flags: Flags, others: readonly (keyof Flags)[]): void {
  const other = others.find((one) => flags[one] !== undefined);
  if (other === undefined) return;
  throw new InputError(`${flagName(flag)} and ${flagName(other)} exclude each other: give one of them.`);
}

/** Writes samples one after the other: the first as its tokens come, what comes of the others meanwhile when it is their turn. */
async function writeSamples(model: Model, drawn: Iterable<SampledToken>, { prompt }: Start): Promise<void> {
  const texts: string[] = [];
  const written: string[] = [];
  const ended = new Set<number>();
  let turn = 0;
  let count = 0;
  for (const token of drawn) {
    if (count++ % LOOK_EVERY === 0) await setImmediate();
    texts[token.sample] = (texts[token.sample] ?? '') + token.text;
    if (token.end) ended.add(token.sample);
    while (texts[turn] !== undefined) {
      if (written[turn] === undefined) await begin(model, turn, prompt);
      await writeText(texts[turn]);
      written[turn] = texts[turn] || written[turn] || prompt;
      texts[turn] = '';
      if (!ended.has(turn)) break;
      await end(written[turn++]);
    }
  }
}

/** Starts text number `i`: a line between the texts of a stream, and the prompt. */
async function begin({ config }: Model, i: number, prompt: string): Promise<void> {
  if (i > 0 && config.options.format === 'stream') await writeText('---\n', style.dim);
  if (prompt !== '') await writeText(prompt, style.bold);
}

async function end(text: string): Promise<void> {
  if (!text.endsWith('\n')) await writeText('\n');
}

/** A text as `--json` gives it. */
interface Written {
  text: string;
  ids: number[];
  logProbabilities: number[];
}

async function writeSamplesJson(
  model: Model,
  drawn: Iterable<SampledToken>,
  about: Start,
  copies?: CopyFinder,
): Promise<void> {
  const samples: Written[] = [];
  const ends: string[] = [];
  let next = 0;
  let count = 0;
  for (const { sample, text, token, logProbability, end } of drawn) {
    if (count++ % LOOK_EVERY === 0) await setImmediate();
    samples[sample] ??= { text: '', ids: [], logProbabilities: [] };
    samples[sample].text += text;
    samples[sample].ids.push(token);
    samples[sample].logProbabilities.push(logProbability);
    if (end) ends[sample] = end;
    for (; ends[next] !== undefined; next++) {
      await writeJson(model, { ...samples[next], ...copied(copies, samples[next].ids), end: ends[next], ...about });
    }
  }
}

/** One line of JSON; `tokens` are the vocabulary's entries, log-probabilities are natural. */
async function writeJson(
  { folder, tokenizer }: Model,
  { text, ids, logProbabilities, ...rest }: Written & Record<string, unknown>,
): Promise<void> {
  const tokens = ids.map((id) => tokenizer.vocabulary[id]);
  const logProbability = logProbabilities.reduce((sum, one) => sum + one, 0);
  await writeJsonLine({ text, tokens, ids, logProbabilities, logProbability, ...rest, run: folder });
}
