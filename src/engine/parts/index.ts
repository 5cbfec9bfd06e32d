/** What networks are made of. */

export { adaptiveParameters, planAdaptiveHead } from './adaptive-softmax.ts';
export {
  type Attention,
  attentionBackward,
  attentionForward,
  attentionParameters,
  listSourcePositions,
  planAttention,
  prepareSource,
  weigh,
} from './attention.ts';
export {
  type Bridge,
  type BridgeEnds,
  bridgeBackward,
  bridgeForward,
  bridgeParameters,
  bridgeProjects,
  planBridges,
} from './bridge.ts';
export type { Cell, Layer } from './cell.ts';
export { cellOf } from './cells.ts';
export { crfParameters, planCrfHead } from './crf.ts';
export { applyDropout, type DropoutStream } from './dropout.ts';
export {
  clearEmbeddingGradient,
  embeddingPacking,
  embeddingParameter,
  fillTable,
  hasTable,
  scatterInput,
  tableGradients,
  tiedEmbeddingParameter,
} from './embedding.ts';
export { type Features, featuresOf, type Head, type Prediction, predictionOf, sumLosses } from './head.ts';
export { gatePanels, packBias } from './layer.ts';
export { packNorm } from './layer-norm.ts';
export { clearPanels, type Linear, linearForward, packing } from './linear.ts';
export { type Pool, planPool } from './pool.ts';
export { planSoftmax, planSoftmaxHead, softmaxParameters } from './softmax.ts';
export {
  FEATURE_STREAM,
  forwardStack,
  layerSuffix,
  planStack,
  type Stack,
  type StackShape,
  stackColumns,
  stateRows,
} from './stack.ts';
export { backwardLayer, backwardStack } from './stack-backward.ts';
export { TILE_BYTES } from './weight-gradient.ts';
