/** `lm score`: how likely a language model finds each text: for people in colours, for programs in columns. */

import type { Command } from 'commander';
import { demandTask, load, type Score, type ScoredToken, score } from '../ask/index.ts';
import { padded, widest } from '../draw/index.ts';
import { InputError } from '../errors.ts';
import { type OptionValues, scoreOptions } from '../options/index.ts';
import { addExamples, addFlags } from './flags.ts';
import { answerAll, answerer, type Manner } from './questions.ts';
import { isTerminal, note, printable, style, writeJsonLine, writeLine } from './terminal.ts';

type Flags = Partial<OptionValues<typeof scoreOptions>>;

const EXAMPLES = {
  'lm score runs/my "The fox said good morning."': 'log-probability, tokens and perplexity',
  'lm score runs/my --file words.txt | sort -rn': 'the likeliest lines first',
  'lm score runs/my --per-token "The fox said"': 'each token, and what was likelier',
};

/** Tokens that `--per-token` names beside each one. */
const ALTERNATIVES = 3;

export function configure(command: Command): void {
  command
    .argument('<run>', "a language model's run, or a folder of runs for its newest")
    .argument('[texts...]', 'texts to score (default: the lines of the standard input)');
  addFlags(command, scoreOptions);
  command.action(scoreTexts);
  addExamples(command, EXAMPLES);
}

async function scoreTexts(path: string, texts: string[], flags: Flags): Promise<void> {
  const model = load(path);
  demandTask(model, 'lm');
  if (flags.top !== undefined && !flags.perToken) throw new InputError('--top needs --per-token.');
  if (style.level > 0 && !flags.json) note(`Colours by surprisal: ${LEVELS.map(({ name }) => name).join(', ')}.`);
  const { perToken, top } = scoreOptions;
  await answerAll(model, scorer, texts, flags, { perToken, top }, () => {});
}

const scorer = answerer<Score, Flags>({
  ask(model, texts, options, { perToken, top = ALTERNATIVES }) {
    return score(model, texts, { ...options, alternatives: perToken ? top : 0 });
  },
  read: (text) => text,
  async write({ folder }, { tokens, ...figures }, text, manner) {
    if (manner.flags.json) await writeJson(folder, { tokens, ...figures }, text, manner);
    else if (manner.flags.perToken) await writeTokens(tokens, manner);
    else await writeFigures({ tokens, ...figures }, text);
  },
  none: { logProbability: null, tokens: 0, perplexity: null },
});

function writeJson(run: string, score: Score, text: string, { flags }: Manner<Flags>): Promise<void> {
  const { tokens, logProbability, perplexity, unknown } = score;
  return writeJsonLine({
    text,
    logProbability,
    tokens: tokens.length,
    perplexity,
    unknown,
    ...(flags.perToken ? { perToken: tokens } : {}),
    run,
  });
}

/** Log-probability, tokens and perplexity, and the text: in colours by surprisal, or as it is behind a tab. */
function writeFigures({ logProbability, tokens, perplexity }: Score, text: string): Promise<void> {
  const figures = [logProbability.toFixed(4), String(tokens.length), perplexity.toFixed(3)];
  if (!isTerminal()) return writeLine([...figures, text].join('\t'));
  const widths = [11, 6, 10];
  const coloured = tokens.map((token) => levelOf(token).shown(printable(token.text))).join('');
  return writeLine(`${figures.map((figure, i) => figure.padStart(widths[i])).join(' ')}  ${coloured}`);
}

/** A line for each token: it, its log-probability and rank, and the likeliest ones there with theirs. */
async function writeTokens(tokens: readonly ScoredToken[], { alone }: Manner<Flags>): Promise<void> {
  const columns = widest(tokens.map(({ token }) => visible(token)));
  for (const token of tokens) {
    const { logProbability, rank, alternatives } = token;
    const others = alternatives.map((one) => [visible(one.token), one.logProbability.toFixed(4)]);
    if (!isTerminal()) {
      await writeLine([visible(token.token), logProbability.toFixed(4), rank, ...others.flat()].join('\t'));
      continue;
    }
    const shown = levelOf(token).shown(padded(visible(token.token), columns));
    const figures = `${logProbability.toFixed(4).padStart(9)}  ${String(rank).padStart(6)}`;
    await writeLine(`${shown}  ${figures}  ${others.map(([name, log]) => `${name} ${log}`).join('  ')}`);
  }
  if (!alone) await writeLine('');
}

/** A token as it can stand in a column. */
function visible(token: string): string {
  return printable(token.replace(/\n/g, '\\n').replace(/\t/g, '\\t'));
}

/** How surprising a token is, in bits, and how that is shown. */
const LEVELS = [
  { below: 2, name: 'green under 2 bits', shown: style.green },
  { below: 5, name: 'plain under 5', shown: (text: string) => text },
  { below: 8, name: 'yellow under 8', shown: style.yellow },
  { below: Number.POSITIVE_INFINITY, name: 'red from 8 on', shown: style.red },
];

function levelOf({ logProbability }: ScoredToken): (typeof LEVELS)[number] {
  return LEVELS.find(({ below }) => -logProbability / Math.LN2 < below) ?? LEVELS[LEVELS.length - 1];
}
