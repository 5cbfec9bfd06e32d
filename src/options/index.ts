/** Every option once: what it is called, what it takes, its default, and for which tasks it is. */

export {
  type CurveAxis,
  compareOptions,
  evalOptions,
  infoOptions,
  inspectOptions,
  plotOptions,
  predictOptions,
  type RunOrder,
  runOptions,
  runsOptions,
  sampleOptions,
  scoreOptions,
} from './command-rows.ts';
export { defaultMinutes } from './defaults.ts';
export { shownDefault, shownFlag, shownHelp } from './help.ts';
export { beginning, nearest } from './nearest.ts';
export {
  alternatives,
  type CompleteOptions,
  completeOptions,
  parseInterval,
  readOptions,
  resumeOptions,
  usedBy,
} from './options.ts';
export { type Named, refusal, refuseUnknown } from './readers.ts';
export type { OptionRow, OptionTable, OptionValues } from './row.ts';
export { type GivenOptions, type OptionName, type ScheduleName, type TrainOptions, trainGroups } from './table.ts';
export { isExampleTask } from './tasks/index.ts';
