export {
  chooseVariant,
  type KernelChoice,
  type Kernels,
  type KernelVariant,
  loadKernels,
  type VariantReport,
  variantReports,
} from './load.ts';
