/** Options of a training run: how long it is, and how often it evaluates and writes a checkpoint. It ends at the limit that is reached first. */

import { above0, COUNT, integer, interval, optional } from '../readers.ts';
import { trainRow } from '../row.ts';

export const lengthOptions = {
  epochs: trainRow(optional(integer(1, COUNT)), {
    value: 'n',
    help: 'passes over the training text',
    default: null,
    defaultText: 'no limit',
    onResume: 'raise',
  }),
  steps: trainRow(optional(integer(1, COUNT)), {
    value: 'n',
    help: 'optimizer steps',
    default: null,
    defaultText: 'no limit',
    onResume: 'raise',
  }),
  minutes: trainRow(optional(above0), {
    value: 'm',
    help: 'minutes of training and evaluation',
    default: null,
    defaultText:
      'without another limit: 1 for the default corpus, else 5 for a million tokens, growing with the square root',
    onResume: 'raise',
  }),
  evalEvery: trainRow(optional(integer(1, COUNT)), {
    value: 'n',
    help: 'steps between evaluations',
    default: null,
    defaultText: 'an epoch, at least 100',
  }),
  patience: trainRow(optional(integer(1, COUNT)), {
    value: 'n',
    help: 'stop after this many evaluations without improvement',
    default: null,
    defaultText: 'never',
    onResume: 'raise',
  }),
  checkpointEvery: trainRow(interval, {
    value: 'interval',
    help: 'checkpoint every so many steps, or every 30s or 5m, besides those at evaluations',
    default: '1m',
    onResume: 'change',
  }),
};
