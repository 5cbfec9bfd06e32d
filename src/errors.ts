/**
 * The two ways in which a command fails, each with its exit status.
 * A message is one sentence: what is wrong, where, and what to do.
 */

/** The command line or an input file is wrong (exit status 2). */
export class InputError extends Error {
  override name = 'InputError';
}

/** The work itself failed: a worker died, the disk is full, the loss is not finite (exit status 1). */
export class RunError extends Error {
  override name = 'RunError';
}
