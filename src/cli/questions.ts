/** Texts that a model is asked about, with an answer to each: an empty one to a blank line, and to a text that won't do. */

import type { AskOptions, Model } from '../ask/index.ts';
import { InputError } from '../errors.ts';
import type { OptionTable } from '../options/index.ts';
import { UNK } from '../text/index.ts';
import { count } from './format.ts';
import { WRONG_INPUT } from './status.ts';
import { isTyped, showError, warn, writeJsonLine, writeLine } from './terminal.ts';
import { type TextGroup, textGroups } from './texts.ts';

/** Flags of every command that asks. */
interface Flags {
  file?: string;
  strict?: boolean;
  interactive?: boolean;
  json?: boolean;
}

/** How an answer is to be written. */
export interface Manner<F extends Flags> {
  /** It is to all that is asked: then there is no need to say what it is to. */
  alone: boolean;
  flags: F;
}

/** How a model of a task is asked, and an answer of it is written. */
interface Asking<A extends object, F extends Flags> {
  /** Throws an InputError for flags that the model can't follow. */
  check?(model: Model, flags: F): void;
  /** An answer to each text. Throws an InputError for a text that won't do. */
  ask(model: Model, texts: readonly string[], options: AskOptions, flags: F): A[];
  /** What the model reads of a text. */
  read(text: string, answer: A): string;
  write(model: Model, answer: A, text: string, manner: Manner<F>): Promise<void>;
  /** What `--json` has in the place of an answer where there is none. */
  none: Record<string, unknown>;
}

/** What there is to say about all texts together. */
interface Tally {
  /** Tokens that the model does not know. */
  unknown: number;
  /** Texts longer than the run's `--max-length`. */
  cut: number;
  /** Texts that won't do. */
  refused: number;
}

export interface Answerer<F extends Flags> {
  check?(model: Model, flags: F): void;
  /** Answers each of the texts, and adds to the tally. Throws an InputError where the only text won't do. */
  answer(model: Model, group: TextGroup, manner: Manner<F>, tally: Tally): Promise<void>;
}

export function answerer<A extends object, F extends Flags>(asking: Asking<A, F>): Answerer<F> {
  const { ask, read, write, none, ...rest } = asking;
  return {
    ...rest,
    async answer(model, { texts, where, lines }, manner, tally) {
      const { flags, alone } = manner;
      const { maxLength } = model.config.options;
      const asked = texts.flatMap((text, i) => (lines && text.trim() === '' ? [] : [i]));
      const cut = new Set<number>();
      const found = askEach(asked, (indices) => {
        const options: AskOptions = {
          where: (i) => where(indices[i]),
          lines,
          ...(flags.strict ? {} : { onCut: (i) => cut.add(indices[i]) }),
        };
        return ask(
          model,
          indices.map((i) => texts[i]),
          options,
          flags,
        );
      });
      tally.cut += cut.size;
      const answers = new Map(asked.map((i, at) => [i, found[at]]));
      for (const [i, text] of texts.entries()) {
        const answer = answers.get(i);
        if (answer !== undefined && !(answer instanceof InputError)) {
          const tokens = model.tokenizer.encode(read(text, answer)).slice(0, maxLength ?? undefined);
          tally.unknown += tokens.filter((id) => id === UNK).length;
          await write(model, answer, text, manner);
          continue;
        }
        if (answer !== undefined) {
          if (alone) throw answer;
          showError(answer.message);
          tally.refused++;
        }
        const error = answer && { error: answer.message };
        await (flags.json ? writeJsonLine({ text, ...none, ...error, run: model.folder }) : writeLine(''));
      }
    },
  };
}

/** An answer to each text, or the error of one that won't do, which the others don't suffer from. */
function askEach<A>(indices: readonly number[], ask: (indices: readonly number[]) => A[]): (A | InputError)[] {
  if (indices.length === 0) return [];
  try {
    return ask(indices);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    if (indices.length === 1) return [error];
    const half = indices.length >> 1;
    return [...askEach(indices.slice(0, half), ask), ...askEach(indices.slice(half), ask)];
  }
}

/**
 * Answers the texts, or the lines of a file or the standard input, or what is typed at a prompt, where options of `table` can be
 * changed; `check` looks at them each time.
 */
export async function answerAll<F extends Flags>(
  model: Model,
  answerer: Answerer<F>,
  texts: readonly string[],
  flags: F,
  table: OptionTable,
  check: () => void,
): Promise<void> {
  const tally: Tally = { unknown: 0, cut: 0, refused: 0 };
  const prompt = flags.interactive || (texts.length === 0 && flags.file === undefined && isTyped());
  if (prompt) {
    if (texts.length > 0 || flags.file !== undefined) {
      throw new InputError('--interactive asks for the texts: leave them out.');
    }
    const { answerTyped } = await import('./prompt.ts');
    await answerTyped({ table, flags, hint: 'Type a text, and Enter.' }, async (text) => {
      check();
      const group = { texts: [text], where: () => 'The text', lines: true };
      await answerer.answer(model, group, { alone: true, flags }, tally);
      tell(tally, model);
    });
    return;
  }
  for await (const group of textGroups(texts, flags.file)) {
    await answerer.answer(model, group, { alone: texts.length === 1, flags }, tally);
  }
  tell(tally, model);
  if (tally.refused > 0) process.exitCode = WRONG_INPUT;
}

/** Says what the tally has, and starts it anew. */
function tell(tally: Tally, { config }: Model): void {
  if (tally.unknown > 0) warn(`the model does not know ${tally.unknown} of the tokens, and reads each as <unk>.`);
  if (tally.cut > 0) {
    const texts = tally.cut === 1 ? 'a text was' : `${count(tally.cut)} texts were`;
    warn(`${texts} cut to the ${config.options.maxLength} tokens of the run's --max-length; --strict refuses them.`);
  }
  tally.unknown = 0;
  tally.cut = 0;
}
