/** Looking into trained models: what they prefer, how far back their gradients reach, what their gates do. */

export {
  type Judgement,
  judgePairs,
  type Pair,
  parsePairs,
  type Reading,
  type Share,
  share,
  tabulate,
} from './agreement.ts';
export { activationsOf, type GateStatistics, gateStatistics, type LayerStatistics, mostVariable } from './gates.ts';
export { type Decay, decayOf } from './gradients.ts';
export { equalSequences } from './sequences.ts';
