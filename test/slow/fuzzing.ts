/**
 * Gives the readers of a run damaged files: each must be refused with an InputError, or read to exactly what the whole
 * file holds, in little time and memory.
 */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Engine, Tensor } from '../../src/engine/index.ts';
import { InputError } from '../../src/errors.ts';
import { train } from '../../src/index.ts';
import { decodeSafetensors } from '../../src/interop/index.ts';
import { createRandom } from '../../src/random.ts';
import { restoreCheckpoint } from '../../src/train/checkpoint.ts';
import { describeRun, loadRun } from '../../src/train/index.ts';
import { damage } from './damage.ts';

const CHECKPOINT = 'checkpoint.safetensors';
export const FUZZED = ['config.json', 'tokenizer.json', 'model.safetensors', CHECKPOINT];

/** Makes the run whose files are damaged. */
export async function makeRun(folder: string): Promise<void> {
  const text = join(folder, 'text.txt');
  writeFileSync(text, 'the cät sat on the mat and the "dog" sat on the log.\n'.repeat(20));
  const size = { hidden: 4, layers: 1, batchSize: 2, seqLength: 4, threads: 1, kernel: 'strict' as const };
  await train({ files: [text], ...size, steps: 6, evalEvery: 2, out: join(folder, 'run') });
}

export interface Outcome {
  refused: number;
  /** Read to what the whole file holds. */
  same: number;
}

/**
 * Reads `count` damaged files of the run that `makeRun` wrote, case i of them drawn from (seed, i). `watch` is called before each.
 *
 * @throws Error that names the case, for anything but a refusal or the same content.
 */
export function fuzz(folder: string, seed: number, first: number, count: number, watch?: (i: number) => void): Outcome {
  const run = join(folder, 'run');
  const whole = FUZZED.map((file) => readFileSync(join(run, file)));
  const model = readModel(run);
  const checkpoint = readCheckpoint(run);
  const outcome: Outcome = { refused: 0, same: 0 };
  for (let i = first; i < first + count; i++) {
    watch?.(i);
    const random = createRandom(seed, i);
    const which = random.integer(FUZZED.length);
    const file = FUZZED[which];
    const damaged = damage(whole[which], whole[random.integer(FUZZED.length)], random);
    replace(join(run, file), damaged);
    const [read, expected] = file === CHECKPOINT ? [readCheckpoint, checkpoint] : [readModel, model];
    try {
      if (!isDeepStrictEqual(read(run), expected)) throw new Error('it was read to something else');
      outcome.same++;
    } catch (error) {
      if (!(error instanceof InputError)) {
        writeFileSync(join(folder, `damaged-${file}`), damaged);
        throw new Error(`Case ${i} of seed ${seed}, a damaged ${file}: ${error}`, { cause: error });
      }
      outcome.refused++;
    }
    replace(join(run, file), whole[which]);
  }
  return outcome;
}

/** A new file, as some file systems bring the content of one that is written over to the disk. */
function replace(path: string, bytes: Buffer): void {
  rmSync(path);
  writeFileSync(path, bytes);
}

/** What sampling from a run, and going on with it, are made from. */
function readModel(run: string): object {
  const { config, tokenizer, vocabularyText, parameters } = loadRun(run);
  const { kind, options, vocabulary } = tokenizer;
  return { config, kind, options, vocabulary, written: JSON.parse(vocabularyText), parameters };
}

/** What a checkpoint puts into an engine, of which only the numbers are made here. */
function readCheckpoint(run: string): object {
  const { vocabularyText } = describeRun(run);
  const engine = emptyEngine(run);
  const progress = restoreCheckpoint(run, engine, vocabularyText);
  return { progress, parameters: engine.parameters, moments: engine.moments, state: engine.readState() };
}

let shapes: { parameters: Tensor[]; moments: Tensor[]; state: Tensor[] } | undefined;

function emptyEngine(run: string): Engine {
  shapes ??= shapesOf(run);
  const empty = (tensors: Tensor[]): Tensor[] =>
    tensors.map(({ name, shape, data }) => ({ name, shape, data: new Float32Array(data.length) }));
  let state = empty(shapes.state);
  return {
    parameters: empty(shapes.parameters),
    moments: empty(shapes.moments),
    readState: () => state,
    writeState(tensors: Tensor[]) {
      state = tensors;
    },
    updates: 0,
  } as Partial<Engine> as Engine;
}

function shapesOf(run: string): NonNullable<typeof shapes> {
  const { tensors } = decodeSafetensors(readFileSync(join(run, CHECKPOINT)), CHECKPOINT);
  const named = (prefix: string) =>
    tensors
      .filter(({ name }) => name.startsWith(prefix))
      .map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));
  return {
    parameters: tensors.filter(({ name }) => /^(rnn|output|embedding)\./.test(name)),
    moments: named('optimizer.'),
    state: named('state.'),
  };
}
