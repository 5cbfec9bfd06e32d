/** The shared memory: who lies where. */

export { createMemory } from './allocate.ts';
export { type Arena, type Columns, columnPanels, createArena, paddedRows } from './arena.ts';
export {
  createBlock,
  eachShareOfRuns,
  type FlatBlock,
  type Parameter,
  SLICE,
  type SliceRun,
  type UpdateMode,
} from './block.ts';
export { type Dropout, type Planner, planSequence, type Sequence } from './planner.ts';
