/** The command `lm`: picks the subcommand, and turns errors into one sentence and an exit status. */

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { InputError, nameFlags } from '../errors.ts';
import { addExamples } from './flags.ts';
import { FAILED, WRONG_INPUT } from './status.ts';
import { note, showError, watchOutput } from './terminal.ts';
import { understoodFlags, understoodName } from './understand.ts';

/** Titles of the help. */
const MAKE = 'Make a model:';
const ASK = 'Ask it:';
const MEASURE = 'Measure it:';
const LOOK = 'Look into it:';

/** Subcommands are loaded when they are asked for, so that each starts as fast as it can. */
const commands = {
  train: { group: MAKE, about: 'train a recurrent network on text files', load: () => import('./train.ts') },
  sample: { group: ASK, about: 'write text with a language model', load: () => import('./sample.ts') },
  predict: {
    group: ASK,
    about: 'ask a model for labels, tags, translations, or what fills a blank',
    load: () => import('./predict.ts'),
  },
  score: {
    group: MEASURE,
    about: 'how likely a language model finds texts, token by token',
    load: () => import('./score.ts'),
  },
  eval: { group: MEASURE, about: 'measure a model on files', load: () => import('./eval.ts') },
  inspect: { group: LOOK, about: 'look into a model: agreement, gradients, gates', load: () => import('./inspect.ts') },
  runs: { group: LOOK, about: 'list runs: what they are, and how they stand', load: () => import('./runs.ts') },
  compare: { group: LOOK, about: 'set runs side by side', load: () => import('./compare.ts') },
  plot: { group: LOOK, about: "draw a run's losses", load: () => import('./plot.ts') },
  info: { group: LOOK, about: 'describe a run, or this machine', load: () => import('./info.ts') },
};

/** What the subcommands are called elsewhere. */
const OTHER_NAMES = {
  generate: 'sample',
  write: 'sample',
  evaluate: 'eval',
  test: 'eval',
  perplexity: 'score',
  ask: 'predict',
  describe: 'info',
};

async function main(given: string[]): Promise<void> {
  const program = new Command('lm')
    .description('Train recurrent networks on text, on a CPU: write with them, and ask them.')
    .version(version(), '-v, --version', 'print the version')
    .option('--debug', 'print the stack of an error')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  for (const [name, { group, about }] of Object.entries(commands)) {
    const command = program
      .command(name)
      .helpGroup(group)
      .description(about)
      .helpOption('-h, --help', 'print this help');
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  addExamples(program, {
    'lm train my.txt': 'a model of a text, into runs/my',
    'lm sample runs/my': 'text from it',
    'lm train --help': 'all that training takes',
  });
  const words = await understood(program, given);
  if (words.length === 0) program.outputHelp();
  else await program.parseAsync(words, { from: 'user' });
}

/** The words as they are meant; the command among them is loaded. */
async function understood(program: Command, [first = '', ...rest]: readonly string[]): Promise<string[]> {
  if (['version', '-V'].includes(first)) return ['--version'];
  if (first === '' || first.startsWith('-')) return first === '' ? rest : [first, ...rest];
  if (first === 'help') {
    const [about = '', ...others] = rest;
    return understood(program, about === '' ? ['--help'] : [about, ...others, '--help']);
  }
  const name = understoodName(first, Object.keys(commands), OTHER_NAMES);
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) return [first, ...rest];
  (await commands[name as keyof typeof commands].load()).configure(command);
  const [second = '', ...others] = rest;
  const part = command.commands.length > 0 && !second.startsWith('-') ? partOf(command, second) : undefined;
  if (part === undefined) return [command.name(), ...understoodFlags(command, rest)];
  return [command.name(), part.name(), ...understoodFlags(part, others)];
}

/** The part of a command that a word means. */
function partOf(command: Command, word: string): Command | undefined {
  const name = understoodName(
    word,
    command.commands.map((part) => part.name()),
  );
  return command.commands.find((part) => part.name() === name);
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function fail(error: unknown, words: readonly string[], debug: boolean): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return; // help or version
    const [sentence, hint = ''] = error.message.replace(/^error: /, '').split('\n');
    const command = words.find((word) => Object.hasOwn(commands, word));
    showError(`${sentence}${hint && ` ${hint}`}; see lm ${command ? `${command} ` : ''}--help.`);
    process.exitCode = WRONG_INPUT;
    return;
  }
  showError(error instanceof Error ? error.message : String(error));
  if (debug && error instanceof Error) note(String(error.stack));
  process.exitCode = error instanceof InputError ? WRONG_INPUT : FAILED;
}

nameFlags();
watchOutput();
const words = process.argv.slice(2);
const debug = words.includes('--debug');
await main(words.filter((word) => word !== '--debug')).catch((error: unknown) => fail(error, words, debug));
