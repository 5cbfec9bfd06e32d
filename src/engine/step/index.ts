/** A training step, from a batch to new parameters. */

export { averageParameters, exchangeParameters } from './average.ts';
export { sparseRows, writeBatch, writeSequence } from './batch.ts';
export { packWeights } from './pack.ts';
export { readState, writeState } from './state.ts';
export { runStep, type StepOutcome } from './step.ts';
