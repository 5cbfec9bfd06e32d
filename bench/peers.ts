/**
 * `npm run bench:peers [-- options] [parts...]`: the same work in this program and in others, side by side on this machine: in
 * PyTorch and, for the smallest model, in TensorFlow.js and jax-js, where they are installed. Rounds alternate, each
 * measurement has a process of its own, and every peer runs with the setting that suited it best when it was tried.
 */

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { batchShapes } from './batches.ts';
import { runJson, runNode, runOurs } from './child.ts';
import { median } from './clock.ts';
import { describeMachine, type Machine, thisMachine } from './machine.ts';
import { MEGABYTE, progress } from './section.ts';
import { counted, formatNumber, markdown, type Table } from './table.ts';
import {
  BATCH_GRID,
  CHARACTER_GRID,
  type Measurement,
  manyWords,
  type SampleWork,
  sampling,
  TASK_GRID,
  type TrainWork,
  WORD_GRID,
} from './work.ts';

type Work = TrainWork | SampleWork;

const PARTS: Record<string, readonly Work[]> = {
  characters: CHARACTER_GRID,
  batches: BATCH_GRID,
  words: WORD_GRID,
  vocabulary: [manyWords('adaptive')],
  tasks: TASK_GRID,
  sampling: [sampling(1), sampling(64)],
};

interface Peer {
  name: string;
  version: string;
  takes(work: Work): boolean;
  /** Finds the best setting for a piece of work; `label` says it in a word or two. */
  prepare(work: Work): Promise<{ label: string; measure(): Promise<Measurement> }>;
}

/** What one program reached in all rounds. */
export interface Result {
  program: string;
  /** Best and median of the rounds, tokens a second. */
  best: number;
  median: number;
  peakMemory: number;
  setting: string;
}

/** All programs' results for a piece of work, this program's first. */
export interface Comparison {
  part: string;
  work: Work;
  results: Result[];
}

/** What `--json` saves. */
export interface PeerResults {
  machine: Machine;
  versions: Record<string, string>;
  rounds: number;
  seconds: number;
  comparisons: Comparison[];
}

const program = new Command('bench:peers')
  .description('Compares this program with others; tables go to stdout as Markdown, progress to stderr.')
  .argument('[parts...]', `which parts: ${Object.keys(PARTS).join(', ')} (default: all)`)
  .option('--python <path>', 'a Python that has torch', 'python3')
  .option('--packages <folder>', 'where node_modules holds @tensorflow/tfjs, its -backend-wasm, or @jax-js/jax', '.')
  .option('--only <text>', 'only works whose name contains this, such as "2 x 256"', '')
  .option('--rounds <n>', 'rounds', Number, 5)
  .option('--seconds <s>', 'seconds of each measurement', Number, 4)
  .option('--json <file>', 'save the results as JSON')
  .parse();
const options = program.opts<{
  python: string;
  packages: string;
  only: string;
  rounds: number;
  seconds: number;
  json?: string;
}>();
const parts = program.args.length > 0 ? program.args : Object.keys(PARTS);
const unknown = parts.find((part) => !Object.hasOwn(PARTS, part));
if (unknown !== undefined) program.error(`error: there is no part ${unknown}; see --help.`);
const { rounds, seconds } = options;
const threads = availableParallelism();

/** PyTorch, or nothing where that Python has none. */
async function pytorch(): Promise<Peer | undefined> {
  const script = fileURLToPath(new URL('peers/pytorch.py', import.meta.url));
  const run = (job: unknown) => runJson(options.python, [script, JSON.stringify(job)]);
  let version: string;
  try {
    ({ version } = (await runJson(options.python, [script, 'version'])) as { version: string });
  } catch {
    progress(`PyTorch is left out: ${options.python} does not have it; name one that has with --python.`);
    return undefined;
  }
  return {
    name: 'PyTorch',
    version,
    takes: () => true,
    async prepare(work) {
      const shapes = work.kind === 'train' && work.task ? batchShapes(work) : [];
      const job = { work, shapes, threads: [...new Set([1, threads])], seconds };
      const { setting, candidates } = (await run(job)) as {
        setting: number;
        candidates: Record<string, string | number>[];
      };
      const chosen = candidates[setting];
      return {
        label: Object.entries(chosen)
          .map(([name, value]) => (name === 'threads' ? counted(Number(value), 'thread') : value))
          .join(', '),
        measure: async () => (await run({ ...job, setting: chosen })) as Measurement,
      };
    },
  };
}

/**
 * A package for Node, or nothing where it is not installed. It gets the first work alone: the others would take minutes
 * a step.
 */
async function nodePeer(name: string, script: string): Promise<Peer | undefined> {
  const run = (work?: Work) => runNode(script, { packages: options.packages, work, seconds });
  let about: { version: string; setting: string };
  try {
    about = (await run()) as { version: string; setting: string };
  } catch {
    progress(`${name} is left out: it is not installed in ${options.packages}; name a folder with --packages.`);
    return undefined;
  }
  return {
    name,
    version: about.version,
    takes: (work) => work === CHARACTER_GRID[0],
    prepare: async (work) => ({ label: about.setting, measure: async () => (await run(work)) as Measurement }),
  };
}

async function compare(part: string, work: Work, peers: readonly Peer[]): Promise<Comparison> {
  const runners = [
    { name: 'gatelm', label: counted(threads, 'thread'), measure: () => runOurs({ work, threads, seconds }) },
  ] as { name: string; label: string; measure(): Promise<Measurement> }[];
  for (const peer of peers) {
    if (peer.takes(work)) runners.push({ name: peer.name, ...(await peer.prepare(work)) });
  }
  const measured: Measurement[][] = runners.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { measure }] of runners.entries()) measured[i].push(await measure());
    const line = runners.map(({ name }, i) => `${name} ${formatNumber(measured[i][round].rate)}`).join(', ');
    progress(`${work.name}, ${sizeOf(work)}, round ${round + 1}: ${line} tokens/s`);
  }
  const results = runners.map(({ name, label }, i) => {
    const rates = measured[i].map(({ rate }) => rate);
    const peakMemory = median(measured[i].map((one) => one.peakMemory));
    return { program: name, best: Math.max(...rates), median: median(rates), peakMemory, setting: label };
  });
  return { part, work, results };
}

function sizeOf(work: Work): string {
  return work.kind === 'train' ? `batch ${work.batchSize}` : counted(work.streams, 'stream');
}

/** One row for each peer of each work. */
function tableOf(part: string, comparisons: readonly Comparison[]): Table {
  const rows = comparisons.flatMap(({ work, results: [ours, ...others] }) =>
    others.map((peer) => [
      work.name,
      sizeOf(work),
      peer.program,
      ours.best,
      peer.best,
      ours.best / peer.best,
      ours.median / peer.median,
      ours.peakMemory / MEGABYTE,
      peer.peakMemory / MEGABYTE,
      peer.setting,
    ]),
  );
  return {
    title: `Side by side: ${part}`,
    about: 'Tokens a second: the best of the rounds of each, its ratio, and the ratio of the medians.',
    columns: [
      'model',
      'size',
      'peer',
      'gatelm',
      "peer's",
      'ratio',
      'of medians',
      'gatelm MB',
      "peer's MB",
      "peer's setting",
    ],
    rows,
  };
}

const peers: Peer[] = [];
for (const found of [
  await pytorch(),
  await nodePeer('TensorFlow.js', 'peers/tensorflow.js'),
  await nodePeer('jax-js', 'peers/jax.js'),
]) {
  if (found) peers.push(found);
}
if (peers.length === 0) program.error('error: there is nothing to compare with.');
const machine = thisMachine();
const versions = Object.fromEntries(peers.map(({ name, version }) => [name, version]));
const named = peers.map(({ name, version }) => `${name} ${version}`).join(', ');
console.log(`${describeMachine(machine)}; ${named}; ${rounds} alternating rounds of ${seconds} s\n`);
const comparisons: Comparison[] = [];
for (const part of parts) {
  const ofPart: Comparison[] = [];
  for (const work of PARTS[part]) {
    if (work.name.includes(options.only)) ofPart.push(await compare(part, work, peers));
  }
  if (ofPart.length > 0) console.log(`${markdown(tableOf(part, ofPart))}\n`);
  comparisons.push(...ofPart);
}
if (options.json !== undefined) {
  const saved: PeerResults = { machine, versions, rounds, seconds, comparisons };
  writeFileSync(options.json, `${JSON.stringify(saved, null, 2)}\n`);
}
