/** `lm eval`: how well a model predicts text files. */

import type { Command } from 'commander';
import { type Evaluation, evaluate } from '../index.ts';
import { findRun, integer, loadRun } from '../train/index.ts';
import { flag } from './flags.ts';
import { count } from './format.ts';
import { printable, warn, writeJsonLine, writeLine } from './terminal.ts';

export function configure(command: Command): void {
  command
    .argument('<run>', "a run's folder")
    .argument('<files...>', 'text files, each measured on its own and all together')
    .option('--lossy', 'replace invalid UTF-8 by U+FFFD')
    .addOption(flag('--threads <n>', 'threads to compute on (default: one a core)', integer(1, 256)))
    .option('--json', 'one JSON object')
    .action(measure);
}

interface Flags {
  lossy?: boolean;
  threads?: number;
  json?: boolean;
}

async function measure(path: string, files: string[], { json, ...options }: Flags): Promise<void> {
  const run = loadRun(findRun(path));
  const result = await evaluate(run, files, options);
  if (json) {
    await writeJsonLine(result);
    return;
  }
  for (const file of result.files) await writeLine(`${printable(file.file)}: ${sentence(file, run.tokenizer.kind)}`);
  if (files.length > 1) await writeLine(`all: ${sentence(result, run.tokenizer.kind)}`);
  const share = result.unknown / result.tokens;
  if (share > 0.05) warn(`${(100 * share).toFixed(1)} % of the tokens are unknown to the model, and count as <unk>.`);
}

function sentence(result: Evaluation, kind: 'char' | 'word'): string {
  const { loss, perplexity, bitsPerCharacter, tokens, unknown } = result;
  return [
    `loss ${loss.toFixed(4)}`,
    `perplexity ${perplexity.toFixed(kind === 'char' ? 3 : 1)}`,
    `${bitsPerCharacter.toFixed(3)} bits per character`,
    `${count(tokens)} tokens, ${count(unknown)} unknown`,
  ].join('  ');
}
