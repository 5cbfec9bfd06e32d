/** Exit statuses of the command besides 0. */

/** The work failed. */
export const FAILED = 1;
/** The command line or the input was wrong. */
export const WRONG_INPUT = 2;
/** Ctrl-C, as shells have it. */
export const INTERRUPTED = 130;
