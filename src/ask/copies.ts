/** What of a written text stands in the text that a run was trained on. */

import { type Run, recordFiles, trainedPart } from '../run/index.ts';
import { type CorpusPart, EOS, readCorpus, UNK } from '../text/index.ts';

/** The longest run of tokens that a text has from a training text. */
export interface Copy {
  text: string;
  tokens: number;
  /** Whether it is all that was written. */
  whole: boolean;
}

export interface CopyFinder {
  /** Of the ids of a text as they were drawn. */
  longest(ids: readonly number[]): Copy;
  close(): void;
}

/**
 * Reads what a run was trained on, as often as a text is looked for in it.
 *
 * @throws InputError for a training text that has moved or changed; it says what to do `instead`.
 */
export async function openCopyFinder(run: Run, instead: string): Promise<CopyFinder> {
  const { config, tokenizer } = run;
  const { paths, reading, part, check } = trainedPart(run, instead);
  const { onText, all: found } = recordFiles();
  const corpus = await readCorpus(paths, { ...reading, onText, format: config.options.format, tokenizer });
  try {
    check(found());
  } catch (error) {
    corpus.close();
    throw error;
  }
  const firstLabel = tokenizer.vocabulary.length - tokenizer.labels.length;
  return {
    longest(ids) {
      const written = ids.filter((id, at) => id < firstLabel && !(id === EOS && at === ids.length - 1));
      const copied = longestCopy(written, pieces(corpus[part]!));
      return {
        text: tokenizer.decode(copied),
        tokens: copied.length,
        whole: written.length > 0 && copied.length === written.length,
      };
    },
    close: corpus.close,
  };
}

/** Token ids that are read at once. */
const PIECE = 1 << 16;

/** The tokens of a corpus in order; documents are parted by their `<eos>`. A piece is valid until the next. */
function* pieces(part: CorpusPart): Generator<Int32Array> {
  const ids = new Int32Array(PIECE);
  const ranges: Iterable<[start: number, length: number]> =
    part.format === 'stream'
      ? [[0, part.tokens.length]]
      : Array.from(part.documents.starts, (start, i) => [start, part.documents.lengths[i]]);
  const { tokens } = part.format === 'stream' ? part : part.documents;
  for (const [start, length] of ranges) {
    for (let at = start; at < start + length; at += PIECE) {
      const count = Math.min(PIECE, start + length - at);
      tokens.read(at, count, ids, 0);
      yield ids.subarray(0, count);
    }
  }
}

/** A set of runs of a text that end at the same places of it (a state of the automaton). */
interface State {
  /** Tokens of the longest run. */
  length: number;
  /** Where the run ends for the first time. */
  end: number;
  /** The longest run with more ends that is at the end of this one. */
  link: State | undefined;
  next: Map<number, State>;
}

/**
 * The longest run of tokens of `written` that comes in a text, in time that grows with the text's length alone: the text goes
 * through the suffix automaton of `written` (Blumer et al. 1985). `<unk>` is like nothing, as it stands for anything.
 */
export function longestCopy(written: readonly number[], text: Iterable<Int32Array>): number[] {
  const start = suffixAutomaton(written);
  let state = start;
  let length = 0;
  let best = { length: 0, end: 0 };
  for (const ids of text) {
    for (const id of ids) {
      let next = id === UNK ? undefined : state.next.get(id);
      while (!next && state.link) {
        state = state.link;
        length = state.length;
        if (id !== UNK) next = state.next.get(id);
      }
      if (!next) continue;
      state = next;
      length++;
      if (length > best.length) best = { length, end: state.end };
    }
  }
  return written.slice(best.end - best.length, best.end);
}

function suffixAutomaton(ids: readonly number[]): State {
  const start: State = { length: 0, end: 0, link: undefined, next: new Map() };
  let last = start;
  ids.forEach((id, at) => {
    const added: State = { length: at + 1, end: at + 1, link: undefined, next: new Map() };
    let state: State | undefined = last;
    for (; state && !state.next.has(id); state = state.link) state.next.set(id, added);
    if (!state) {
      added.link = start;
    } else {
      const reached = state.next.get(id)!;
      if (reached.length === state.length + 1) {
        added.link = reached;
      } else {
        const shorter: State = { ...reached, length: state.length + 1, next: new Map(reached.next) };
        for (; state?.next.get(id) === reached; state = state.link) state.next.set(id, shorter);
        reached.link = shorter;
        added.link = shorter;
      }
    }
    last = added;
  });
  return start;
}
