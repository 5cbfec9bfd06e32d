/** `lm sample`: writes text with a trained model, to stdout as it comes. */

import { setImmediate } from 'node:timers/promises';
import type { Command } from 'commander';
import { demandTask, load, type Model, promptRead, sample, search } from '../ask/index.ts';
import type { SampledToken } from '../decode/index.ts';
import { flagName, InputError } from '../errors.ts';
import { type OptionValues, sampleOptions } from '../options/index.ts';
import { UNK } from '../text/index.ts';
import { addExamples, addFlags, checkNeeds } from './flags.ts';
import { isTerminal, isTyped, style, warn, writeJsonLine, writeText } from './terminal.ts';
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
  const { greedy, beam, lengthPenalty, beamGroups, beamDiversity, json, promptFile, interactive, ...options } = flags;
  if (interactive) refuseTogether('interactive', flags, ['beam', 'samples', 'promptFile']);
  if (beam !== undefined) refuseTogether('beam', flags, SAMPLING);
  if (greedy) refuseTogether('greedy', flags, FILTERS);
  if (promptFile !== undefined) refuseTogether('promptFile', flags, ['prompt']);
  checkNeeds(flags);
  const model = load(path);
  demandTask(model, 'lm');
  const typed = promptFile === undefined ? (flags.prompt ?? '') : await wholeText(promptFile);
  const prompt = json ? typed : promptRead(model, typed);
  options.prompt = prompt;
  const { samples = 1, label } = options;
  const start = { prompt, ...(label === undefined ? {} : { label }) };
  const unknown = model.tokenizer.encode(prompt).filter((id) => id === UNK).length;
  if (unknown > 0) warn(`the model does not know ${unknown} of the prompt's tokens, and reads each as <unk>.`);

  if (beam !== undefined) {
    if (samples > beam) throw new InputError(`--samples ${samples} is more than --beam ${beam} can find.`);
    const how = { lengthPenalty: lengthPenalty ?? 0, groups: beamGroups, diversity: beamDiversity };
    const found = search(model, { ...options, width: beam, ...how }).slice(0, samples);
    for (const [i, { text, tokens, logProbabilities, score, finished }] of found.entries()) {
      if (json) await writeJson(model, { text, ids: tokens, logProbabilities, score, finished, ...start });
      else {
        await begin(model, i, prompt);
        await writeText(text);
        await end(prompt + text);
      }
    }
    return;
  }
  if (interactive || (isTyped() && isTerminal() && ASKED.every((name) => flags[name] === undefined))) {
    const { writeInTurns } = await import('./turns.ts');
    await writeInTurns(model, flags, json ? writeSamplesJson : writeSamples);
    return;
  }
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const drawn = sample(model, { ...options, seed, ...(greedy ? { temperature: 0 } : {}) });
  await (json ? writeSamplesJson : writeSamples)(model, drawn, { ...start, seed });
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

async function writeSamplesJson(model: Model, drawn: Iterable<SampledToken>, about: Start): Promise<void> {
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
    for (; ends[next] !== undefined; next++) await writeJson(model, { ...samples[next], end: ends[next], ...about });
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
