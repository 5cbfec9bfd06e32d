/** Training: the session, the loop, the schedule, and the average of the weights. */

export { runTraining, shareDone, type Training } from './loop.ts';
export { type Origin, openTraining } from './session.ts';
