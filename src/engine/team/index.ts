/** The threads of an engine: how they meet, share work out, and learn that one of them has failed. */

export { type Context, ownShare, type Region, regionOf, shareOf, synchronize } from './context.ts';
export { PHASES, type Phase, profileBytes, readProfile, stopwatch } from './profile.ts';
export { CONTROL_BYTES, createThreads, reportFailure, StepAborted, type Threads, waitingThreads } from './threads.ts';
