/**
 * Gives the readers of a run damaged files: each must be refused with an InputError, or read to exactly what the whole
 * file holds, in little time and memory.
 */

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Engine, Tensor } from '../../src/engine/index.ts';
import { InputError } from '../../src/errors.ts';
import { train } from '../../src/index.ts';
import { decodeSafetensors } from '../../src/interop/index.ts';
import type { TrainOptions } from '../../src/options/index.ts';
import { createRandom } from '../../src/random.ts';
import { restoreCheckpoint } from '../../src/run/checkpoint.ts';
import { describeRun, loadRun } from '../../src/run/index.ts';
import { damage } from './damage.ts';

const CHECKPOINT = 'checkpoint.safetensors';

const TEXT = 'the cät sat on the mat and the "dog" sat on the log.\n';
/** Runs that together write every kind of file. */
const RUNS: Record<string, { text: string; options: Partial<TrainOptions> }> = {
  text: { text: TEXT.repeat(20), options: { seqLength: 4 } },
  labels: {
    text: `sätze\t${TEXT}"names"\tanna und emma\n`.repeat(20),
    options: { task: 'classify', pool: 'mean', cell: 'mingru' },
  },
  tags: { text: 'the\tO\nold\tB-X\ncät\tI-X\n\na\tB-Y\n\n'.repeat(20), options: { task: 'tag', output: 'crf' } },
  pairs: {
    text: 'eins zwei\t1 2\ndrei\t3\n'.repeat(20),
    options: { task: 'translate', attention: 'general', optimizer: 'muon', layerNorm: true },
  },
};

/** Makes the runs whose files are damaged. */
export async function makeRuns(folder: string): Promise<void> {
  for (const [name, { text, options }] of Object.entries(RUNS)) {
    const file = join(folder, `${name}.txt`);
    writeFileSync(file, text);
    const size = { hidden: 4, layers: 1, batchSize: 2, threads: 1, kernel: 'strict' as const };
    await train({ files: [file], ...size, ...options, steps: 6, evalEvery: 2, out: join(folder, name) });
  }
}

export interface Outcome {
  refused: number;
  /** Read to what the whole file holds. */
  same: number;
}

/**
 * Reads `count` damaged files of the runs that `makeRuns` wrote, case i of them drawn from (seed, i). `watch` is called
 * before each.
 *
 * @throws Error that names the case, for anything but a refusal or the same content.
 */
export function fuzz(folder: string, seed: number, first: number, count: number, watch?: (i: number) => void): Outcome {
  const files = Object.keys(RUNS).flatMap((name) => wholeFiles(join(folder, name)));
  const outcome: Outcome = { refused: 0, same: 0 };
  for (let i = first; i < first + count; i++) {
    watch?.(i);
    const random = createRandom(seed, i);
    const { run, file, bytes, read, content } = files[random.integer(files.length)];
    const damaged = damage(bytes, files[random.integer(files.length)].bytes, random);
    replace(join(run, file), damaged);
    try {
      if (!isDeepStrictEqual(read(), content)) throw new Error('it was read to something else');
      outcome.same++;
    } catch (error) {
      if (!(error instanceof InputError)) {
        writeFileSync(join(folder, `damaged-${file}`), damaged);
        throw new Error(`Case ${i} of seed ${seed}, a damaged ${join(run, file)}: ${error}`, { cause: error });
      }
      outcome.refused++;
    }
    replace(join(run, file), bytes);
  }
  return outcome;
}

interface WholeFile {
  run: string;
  file: string;
  bytes: Buffer;
  /** Reads what the file is needed for, and what that is when it is whole. */
  read: () => object;
  content: object;
}

function wholeFiles(run: string): WholeFile[] {
  const model = () => readModel(run);
  const shapes = shapesOf(run);
  const checkpoint = () => readCheckpoint(run, shapes);
  const [modelContent, checkpointContent] = [model(), checkpoint()];
  return readdirSync(run)
    .filter((file) => /\.(json|safetensors)$/.test(file) && !file.includes('previous'))
    .sort()
    .map((file) => {
      const bytes = readFileSync(join(run, file));
      return file === CHECKPOINT
        ? { run, file, bytes, read: checkpoint, content: checkpointContent }
        : { run, file, bytes, read: model, content: modelContent };
    });
}

/** A new file, as some file systems bring the content of one that is written over to the disk. */
function replace(path: string, bytes: Buffer): void {
  rmSync(path);
  writeFileSync(path, bytes);
}

/** What asking a model is made from. */
function readModel(run: string): object {
  const { config, tokenizer, targetTokenizer, labels, vocabularyText, parameters } = loadRun(run);
  const parts = [tokenizer, targetTokenizer].map((one) => one && [one.kind, one.options, one.vocabulary, one.toJSON()]);
  return { config, parts, labels, vocabularyText, parameters };
}

/** What a checkpoint puts into an engine, of which only the numbers are made here. */
function readCheckpoint(run: string, shapes: Shapes): object {
  const { vocabularyText } = describeRun(run);
  const engine = emptyEngine(shapes);
  const progress = restoreCheckpoint(run, engine, vocabularyText);
  const { parameters, average, moments } = engine;
  return { progress, parameters, average, moments, state: engine.readState() };
}

interface Shapes {
  parameters: Tensor[];
  moments: Tensor[];
  state: Tensor[];
}

function emptyEngine(shapes: Shapes): Engine {
  const empty = (tensors: Tensor[]): Tensor[] =>
    tensors.map(({ name, shape, data }) => ({ name, shape, data: new Float32Array(data.length) }));
  let state = empty(shapes.state);
  return {
    parameters: empty(shapes.parameters),
    average: empty(shapes.parameters),
    moments: empty(shapes.moments),
    readState: () => state,
    writeState(tensors: Tensor[]) {
      state = tensors;
    },
    updates: 0,
  } as Partial<Engine> as Engine;
}

function shapesOf(run: string): Shapes {
  const { tensors } = decodeSafetensors(readFileSync(join(run, CHECKPOINT)), CHECKPOINT);
  const named = (prefix: string) =>
    tensors
      .filter(({ name }) => name.startsWith(prefix))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));
  return {
    parameters: tensors.filter(({ name }) => !/^(average|optimizer|state)\./.test(name)),
    moments: named('optimizer.'),
    state: named('state.'),
  };
}
