export type { Kernels } from './contract.ts';
export {
  choosePrecision,
  chooseVariant,
  type KernelChoice,
  type KernelVariant,
  loadKernels,
  type Precision,
  type PrecisionChoice,
  type VariantReport,
  variantReports,
} from './load.ts';
export {
  type Address,
  address,
  at,
  f32Index,
  f64Index,
  i32Index,
  NOWHERE,
  offsetBy,
  PANEL,
  type PanelMatrix,
  type Panels,
  panelsOf,
  ROW,
  shifted,
} from './panels.ts';
