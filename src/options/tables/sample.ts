/** Options of `lm sample`. */

import { above0, atLeast0, boolean, COUNT, integer, real, sideBySide, text, texts } from '../readers.ts';
import { row } from '../row.ts';

export const sampleOptions = {
  prompt: row(text, { value: 'text', help: 'text to go on from' }),
  label: row(text, {
    value: 'label',
    help: 'in a run of --format labelled: the label of the text',
    defaultText: 'one that the model chooses',
  }),
  length: row(integer(0, COUNT), {
    value: 'n',
    help: 'most tokens of a sample',
    defaultText: '500 characters, 150 words',
  }),
  temperature: row(atLeast0, {
    value: 't',
    help: 'lower is safer, higher bolder, 0 greedy',
    defaultText: '0.8',
  }),
  topK: row(integer(0, COUNT), { value: 'k', help: 'only the k likeliest tokens', defaultText: '0, all' }),
  topP: row(
    real('a number above 0, up to 1', (p) => p > 0 && p <= 1),
    {
      value: 'p',
      help: 'only the likeliest tokens that make up this probability',
      defaultText: '1, all',
    },
  ),
  minP: row(
    real('a number from 0 to 1', (p) => p >= 0 && p <= 1),
    {
      value: 'p',
      help: 'only tokens at least this share as likely as the likeliest',
      defaultText: '0, all',
    },
  ),
  repetitionPenalty: row(above0, { value: 'r', help: 'above 1 repeats less', defaultText: '1' }),
  greedy: row(boolean, { help: 'always the likeliest token' }),
  beam: row(sideBySide, {
    value: 'w',
    help: 'search for the likeliest text with w hypotheses side by side',
  }),
  lengthPenalty: row(atLeast0, {
    value: 'a',
    help: 'with --beam: above 0 favours longer texts',
    defaultText: '0',
  }),
  samples: row(sideBySide, { value: 'n', help: 'how many; with --beam, the n best', defaultText: '1' }),
  seed: row(integer(0, COUNT), {
    value: 'n',
    help: 'the same seed gives the same text',
    defaultText: 'a random one',
  }),
  stop: row(texts, { value: 'text', help: 'end a sample before this text; may be repeated', repeatable: true }),
  allowSpecial: row(boolean, { help: 'let <unk>, <bos> and <pad> be drawn, and write them' }),
  json: row(boolean, { help: 'one JSON object a sample, with text, tokens and log-probabilities' }),
};
