/** A run's folder: configuration, model, checkpoint, lock and metrics. */

export {
  allFinite,
  CHECKPOINT_FILE,
  initialProgress,
  type Progress,
  restoreCheckpoint,
  writeCheckpoint,
  writeModel,
} from './checkpoint.ts';
export {
  CONFIG_FORMAT,
  type CorpusFile,
  type InitialWeights,
  modelConfig,
  type RunConfig,
} from './config.ts';
export {
  absolutePath,
  checkSameFiles,
  type OwnPart,
  ownPaths,
  readerOptions,
  recordFiles,
  refuseOtherText,
  roleOf,
  sameTextRemarks,
  trainedPart,
  validatedPart,
} from './corpus.ts';
export { reason } from './files.ts';
export { isObject } from './json.ts';
export { type ListedRun, listedRun, listRuns, type RunState, type UnreadableRun } from './list.ts';
export { lockFolder } from './lock.ts';
export {
  type CheckpointEvent,
  type DoneEvent,
  type EvalEvent,
  METRICS_FILE,
  type MetricsFile,
  openMetrics,
  type Position,
  type RollbackEvent,
  readHistory,
  readSummary,
  type StartEvent,
  type StepEvent,
  type TrainEvent,
} from './metrics.ts';
export {
  belongsToRun,
  chooseFolder,
  createRun,
  describeRun,
  findRun,
  loadRun,
  type Place,
  type Run,
  type RunDescription,
  removeUnfinished,
  writeConfig,
} from './run.ts';
export { outputCount, type Vocabularies, vocabularyFiles } from './vocabularies.ts';
