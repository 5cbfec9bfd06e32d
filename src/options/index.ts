/** Every option once: what it is called, what it takes, its default, and for which tasks it is. */

export { defaultMinutes } from './defaults.ts';
export { shownDefault, shownFlag, shownHelp } from './help.ts';
export {
  alternatives,
  type CompleteOptions,
  completeOptions,
  parseInterval,
  readOptions,
  resumeOptions,
  usedBy,
} from './options.ts';
export { refusal } from './readers.ts';
export type { OptionRow, OptionTable, OptionValues } from './row.ts';
export { type GivenOptions, type OptionName, type ScheduleName, type TrainOptions, trainGroups } from './table.ts';
export { evalOptions } from './tables/eval.ts';
export { infoOptions } from './tables/info.ts';
export { inspectOptions } from './tables/inspect.ts';
export { predictOptions } from './tables/predict.ts';
export { runOptions } from './tables/run.ts';
export { sampleOptions } from './tables/sample.ts';
export { isExampleTask } from './tasks/index.ts';
