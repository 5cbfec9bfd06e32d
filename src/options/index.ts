/** Every option once: what it is called, what it takes, its default, and for which tasks it is. */

export { defaultMinutes } from './defaults.ts';
export {
  type CompleteOptions,
  completeOptions,
  flagName,
  isExampleTask,
  type OptionName,
  optionNames,
  parseInterval,
  readOptions,
  resumeOptions,
  type ScheduleName,
  shownDefault,
  type TrainOptions,
} from './options.ts';
export { boolean, choice, integer, type Reader, real, refusal } from './readers.ts';
export { optionTable } from './table.ts';
