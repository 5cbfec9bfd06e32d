/** Training: options, the loop, and runs on disk. */

export type { Progress } from './checkpoint.ts';
export { isObject, modelConfig, type RunConfig } from './config.ts';
export { sumLoss } from './evaluate.ts';
export { reason } from './files.ts';
export { runTraining, shareDone, type Training } from './loop.ts';
export {
  type CheckpointEvent,
  type DoneEvent,
  type EvalEvent,
  type RollbackEvent,
  readSummary,
  type StartEvent,
  type StepEvent,
  type TrainEvent,
} from './metrics.ts';
export { optionTable } from './option-table.ts';
export {
  type CompleteOptions,
  isExampleTask,
  optionNames,
  readOptions,
  shownDefault,
  type TrainOptions,
} from './options.ts';
export { boolean, choice, integer, type Reader, real, refusal } from './readers.ts';
export { describeRun, findRun, loadRun, type Place, type Run } from './run.ts';
export { type Origin, openTraining } from './session.ts';
export { wholeBatches } from './text-data.ts';
