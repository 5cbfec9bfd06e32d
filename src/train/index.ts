/** Training: the session, the loop, the schedule, and the average of the weights. */

export { runTraining } from './loop.ts';
export { type Origin, openTraining } from './session.ts';
export { shareDone, type Training } from './training.ts';
