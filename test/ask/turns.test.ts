/** A text that is written in turns is what is written in one go, and no token of it is fed twice. */

import { describe, expect, it } from 'vitest';
import { createTurns, type Model, sample, type Turns } from '../../src/ask/index.ts';
import { characters, tinyModel } from './tiny.ts';

/** The model, and how many tokens it has been fed. */
function counting(model: Model): { model: Model; fed(): number } {
  let fed = 0;
  const steps = {
    ...model.steps,
    next(...given: Parameters<Model['steps']['next']>) {
      fed++;
      return model.steps.next(...given);
    },
  };
  return { model: { ...model, steps }, fed: () => fed };
}

const write = (turns: Turns, prompt: string, length = 6): string =>
  [...turns.next({ prompt, length, temperature: 0, seed: 1 })].map(({ text }) => text).join('');

const goOn = (model: Model, prompt: string, length = 6): string =>
  [...sample(model, { prompt, length, temperature: 0, seed: 1 })].map(({ text }) => text).join('');

describe('turns', () => {
  const tokenizer = characters('abcdefgh\n');

  it('go on from all that was written, by either', () => {
    const { model, fed } = counting(tinyModel({}, { tokenizer }));
    const turns = createTurns(model);
    let text = 'abc';
    text += write(turns, 'abc');
    expect(text).toBe(`abc${goOn(model, 'abc')}`);
    const before = fed();
    for (const typed of ['hd', '', 'bbbb']) text = `${text}${typed}${write(turns, typed)}`;
    // What was typed and drawn in these turns, and the last token of the first one; the very last is not fed.
    expect(fed() - before).toBe(2 + 4 + 3 * 6);
    expect(text).toBe(
      ['hd', '', 'bbbb'].reduce((all, typed) => all + typed + goOn(model, all + typed), `abc${goOn(model, 'abc')}`),
    );
    turns.reset();
    expect(write(turns, 'abc')).toBe(goOn(model, 'abc'));
    expect(write(createTurns(model), '')).toBe(goOn(model, ''));
  });

  it('go on from where one was left off', () => {
    const model = tinyModel({}, { tokenizer });
    const turns = createTurns(model);
    let text = 'ab';
    for (const { text: piece } of turns.next({ prompt: 'ab', length: 9, temperature: 0, seed: 1 })) {
      text += piece;
      if (text.length === 5) break;
    }
    expect(write(turns, 'c')).toBe(goOn(model, `${text}c`));
  });

  it('begin a document with a prompt, and at the end of one', () => {
    const model = tinyModel({ format: 'lines' }, { tokenizer });
    const turns = createTurns(model);
    write(turns, 'abc', 3);
    const rest = write(turns, '', 3);
    expect(goOn(model, 'abc', 6)).toBe(goOn(model, 'abc', 3) + rest);
    expect(write(turns, 'hh', 4)).toBe(goOn(model, 'hh', 4));
    const [...tokens] = turns.next({ length: 400, seed: 3, temperature: 1 });
    expect(tokens.at(-1)?.end).toBe('eos');
    expect(write(turns, '')).toBe(goOn(model, ''));
  });
});
