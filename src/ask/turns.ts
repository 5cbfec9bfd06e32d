/** A text that a person and a language model write in turns. */

import { type Fed, type SampledToken, sample as sampleTokens } from '../decode/index.ts';
import type { EngineStepModel } from '../engine/index.ts';
import { EOS } from '../text/index.ts';
import type { Model } from './model.ts';
import { frame, pieces, type SampleOptions } from './sample.ts';

type State = ReturnType<EngineStepModel['start']>;

export interface Turns {
  /**
   * Puts `prompt` behind the text so far, and goes on from there, as `sample` does with one sample. In a model of documents a prompt
   * begins a new one, as the end of one does.
   */
  next(options: Omit<SampleOptions, 'samples'> & { seed: number }): Generator<SampledToken, void, undefined>;
  /** Forgets the text. */
  reset(): void;
}

export function createTurns(model: Model): Turns {
  let text: number[] = [];
  let fed: Fed<State> | undefined;
  // The model keeps the state that it has come to, so that no token is fed twice.
  const steps: EngineStepModel = {
    ...model.steps,
    next(state, tokens) {
      const step = model.steps.next(state, tokens);
      fed = { state: step.state, tokens: (fed?.tokens ?? 0) + 1 };
      return step;
    },
  };
  const reset = (): void => {
    text = [];
    fed = undefined;
  };
  return {
    reset,
    *next(options) {
      const { prompt = '', label, length, temperature = 0.8, allowSpecial = false, ...rest } = options;
      const start = frame(model, options);
      if (start.eos !== undefined && (prompt !== '' || text.at(-1) === EOS)) reset();
      text = text.length === 0 ? start.prompt : [...text, ...model.tokenizer.encode(prompt)];
      const from = text.length;
      const drawing = { ...start, prompt: text, after: fed, decoder: () => pieces(model, allowSpecial, from, prompt) };
      for (const token of sampleTokens(steps, { ...rest, temperature, ...drawing })) {
        text.push(token.token);
        yield token;
      }
    },
  };
}
