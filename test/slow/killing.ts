/**
 * Kills a training process again and again, at moments drawn from a seed, goes on with it each time, and hands back what the
 * run holds in the end, to be compared with a run that nobody stopped.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import { decodeSafetensors } from '../../src/interop/index.ts';
import type { Random } from '../../src/random.ts';
import { loadRun } from '../../src/run/index.ts';
import { type Ended, lm } from './process.ts';

/** The folder of the run, beside its text, `text.txt`. */
export const RUN = 'run';

/** Flags of a run of 100 small steps, most of whose time goes into checkpoints and evaluations. */
export const SMALL =
  '--hidden 8 --batch-size 4 --steps 100 --eval-every 7 --checkpoint-every 2 --learning-rate 0.02'.split(' ');

/** Runs that together use every kind of state that a checkpoint carries. */
export const SCENARIOS: Record<string, { text: string; flags: readonly string[] }> = {
  'characters, LSTM, dropout': {
    text: 'the cat sat on the mat and the dog sat on the log.\n'.repeat(20),
    flags: '--seq-length 8 --layers 2 --dropout 0.2 --kernel strict'.split(' '),
  },
  'lines, GRU': {
    text: 'anna\nemma\nolivia\nava\nisabella sophia mia charlotte amelia\n'.repeat(8),
    flags: '--format lines --seq-length 8 --layers 1 --cell gru --optimizer adamw --kernel strict'.split(' '),
  },
  'words, tied, momentum': {
    text: 'the cat sat on the mat and the dog sat on the log .\n'.repeat(60),
    flags:
      '--tokenizer word --pretokenized --seq-length 8 --tie --layers 1 --cell rnn --optimizer sgd --patience 50'.split(
        ' ',
      ),
  },
  'many words, minGRU, adaptive softmax': {
    text: Array.from({ length: 6000 }, (_, i) => `w${(i * i) % 2999}`).join(' '),
    flags: '--tokenizer word --softmax adaptive --seq-length 8 --layers 1 --batch-size 2 --cell mingru'.split(' '),
  },
  'gaps, two networks': {
    text: 'the cat sat on the mat and the dog sat on the log.\n'.repeat(20),
    flags: '--task fill --seq-length 8 --layers 2 --dropout 0.2'.split(' '),
  },
  'labels, both directions': {
    text: 'de\tanna und emma\nfr\tolivier et ava\nen\tisabella or sophia\n'.repeat(20),
    flags: '--task classify --layers 2 --cell gru --dropout 0.2 --token-dropout 0.2'.split(' '),
  },
  'tags, sums of directions': {
    text: 'the\tD\ncat\tN\nsat\tV\n\na\tD\ndog\tN\nran\tV\nfar\tA\n\n'.repeat(20),
    flags: '--task tag --layers 2 --merge sum --optimizer muon'.split(' '),
  },
  'tags of a sentence together': {
    text: 'the\tO\nold\tB-X\ncat\tI-X\n\na\tB-Y\ndog\tB-X\nran\tO\n\n'.repeat(20),
    flags: '--task tag --output crf --layers 1 --dropout 0.2'.split(' '),
  },
  'pairs, attention': {
    text: 'eins zwei\t1 2\ndrei\t3\nvier fuenf sechs\t4 5 6\n'.repeat(20),
    flags: '--task translate --layers 1 --cell rnn'.split(' '),
  },
};

/** When to kill: so many milliseconds after the start, when so many steps were reported, or when so many files were begun. */
export type Moment = { milliseconds: number } | { steps: number } | { files: number };

export function randomMoment(random: Random): Moment {
  switch (random.integer(3)) {
    case 0:
      return { milliseconds: 1000 * random.uniform() };
    case 1:
      return { steps: 1 + random.integer(30) };
    default:
      return { files: 1 + random.integer(30) };
  }
}

/** Trains in `cwd` without a stop. */
export async function trainWhole(flags: readonly string[], cwd: string): Promise<void> {
  mkdirSync(join(cwd, RUN));
  const { status, stderr } = await lm(['train', 'text.txt', '--out', RUN, ...SMALL, ...flags], cwd);
  if (status !== 0) throw new Error(`The run that nobody stopped ended with ${status}: ${stderr}`);
}

/** How often a run was killed, and how often in the middle of writing a file. */
export interface Kills {
  kills: number;
  amidWrite: number;
}

/**
 * Trains in `cwd` with a process that is killed at each of `moments`, as long as the run isn't done, then to the end;
 * with one thread and two by turns. After each kill the files that are there must be whole.
 */
export async function trainKilled(flags: readonly string[], cwd: string, moments: Iterable<Moment>): Promise<Kills> {
  const folder = join(cwd, RUN);
  mkdirSync(folder);
  const found: Kills = { kills: 0, amidWrite: 0 };
  const words = (): string[] => {
    const threads = ['--threads', String(1 + (found.kills % 2))];
    // Before the first checkpoint there is nothing to go on from.
    return existsSync(join(folder, 'checkpoint.safetensors'))
      ? ['train', '--resume', RUN, ...threads, '--json']
      : ['train', 'text.txt', '--out', RUN, '--overwrite', ...SMALL, ...flags, ...threads, '--json'];
  };
  for (const moment of moments) {
    const ended = await live(words(), cwd, moment);
    if (ended.signal === null) return finish(ended, found);
    found.kills++;
    if (readdirSync(folder).some((name) => name.endsWith('.tmp'))) found.amidWrite++;
    if (existsSync(join(folder, 'model.safetensors'))) loadRun(folder);
  }
  return finish(await lm(words(), cwd), found);
}

function finish({ status, stderr }: Ended, kills: Kills): Kills {
  // A kill after the last checkpoint leaves a run that is done.
  const done = status === 0 || (status === 2 && stderr.includes('is at its end'));
  if (!done) throw new Error(`After ${kills.kills} kills the run ended with ${status}: ${stderr}`);
  return kills;
}

/**
 * All that a finished run in `cwd` holds but the times: its files, the numbers in them, and the steps and evaluations
 * of its metrics.
 */
export function contents(cwd: string): object {
  const numbers = (file: string): object => {
    const { tensors, metadata } = decodeSafetensors(readFileSync(join(cwd, RUN, file)), file);
    const { elapsedSeconds, evaluationSeconds, ...about } = JSON.parse(metadata.about) as Record<string, unknown>;
    const hashes = tensors.map(({ name, shape, data }) => [
      name,
      shape,
      createHash('sha256')
        .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
        .digest('hex'),
    ]);
    return { about, hashes };
  };
  const metrics = readFileSync(join(cwd, RUN, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return {
    files: readdirSync(join(cwd, RUN)).sort(),
    model: numbers('model.safetensors'),
    checkpoint: numbers('checkpoint.safetensors'),
    metrics: metrics
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event === 'step' || event === 'eval')
      .map(({ event, step, trainLoss, valLoss }) => [event, step, trainLoss, valLoss]),
  };
}

/** `lm ...words` in `cwd`, killed at `moment` unless it has ended by then. */
async function live(words: readonly string[], cwd: string, moment: Moment): Promise<Ended> {
  let kill = () => {};
  const timer = 'milliseconds' in moment ? setTimeout(() => kill(), moment.milliseconds) : undefined;
  let files = 0;
  const watcher = watch(join(cwd, RUN), (event, name) => {
    // Making, and renaming, a file are events; the kill comes while it is written, most likely.
    if (event === 'rename' && name?.endsWith('.tmp')) files += 0.5;
    if ('files' in moment && files >= moment.files - 0.5) kill();
  });
  try {
    return await lm(words, cwd, {
      onStart: (child) => {
        kill = () => child.kill('SIGKILL');
      },
      onSteps: (steps) => {
        if ('steps' in moment && steps >= moment.steps) kill();
      },
    });
  } finally {
    clearTimeout(timer);
    watcher.close();
  }
}
