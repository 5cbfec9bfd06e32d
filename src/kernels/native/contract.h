/*
 * The kernels as C has them, each with the address of the memory that its other addresses count from. Written by
 * scripts/contract.ts: a kernel here that does not fit its description in assembly/ does not compile.
 */

#include "vector.h"

EXPORTED void KERNEL(average)(char *memory, uint32_t to, uint32_t from, int32_t n, double rest);
EXPORTED void KERNEL(exchange)(char *memory, uint32_t a, uint32_t b, int32_t n);
EXPORTED void KERNEL(crfChain)(char *memory, uint32_t chain, uint32_t start, uint32_t end, uint32_t transitions, uint32_t impossible, int32_t tags);
EXPORTED double KERNEL(crfScore)(char *memory, uint32_t emissions, uint32_t emissionsStep, int32_t stride, int32_t steps, int32_t tags, uint32_t chain, uint32_t targets);
EXPORTED double KERNEL(crfForward)(char *memory, uint32_t emissions, uint32_t emissionsStep, int32_t stride, int32_t steps, int32_t tags, uint32_t chain, uint32_t scratch);
EXPORTED void KERNEL(crfBackward)(char *memory, uint32_t emissions, uint32_t emissionsStep, int32_t stride, int32_t steps, int32_t tags, uint32_t chain, uint32_t scratch, double partition, uint32_t targets, double scale, uint32_t counts);
EXPORTED void KERNEL(crfViterbi)(char *memory, uint32_t emissions, uint32_t emissionsStep, int32_t stride, int32_t steps, int32_t tags, uint32_t chain, uint32_t scratch, uint32_t path);
EXPORTED void KERNEL(crfGradient)(char *memory, uint32_t to, uint32_t counts, int32_t groups, int32_t distance, int32_t n, double scale);
EXPORTED void KERNEL(dropout)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, uint32_t fromStep, int32_t rows, int32_t firstPanel, int32_t panels, uint32_t threshold, float scale, int32_t seedLow, int32_t seedHigh, int32_t update, int32_t layer, int32_t position);
EXPORTED void KERNEL(gruAfterForward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t h, int32_t rows);
EXPORTED void KERNEL(gruAfterBackward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t dh, uint32_t dhPrevious, int32_t rows);
EXPORTED void KERNEL(gruBeforeGates)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t resetH, int32_t rows);
EXPORTED void KERNEL(gruBeforeForward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t h, int32_t rows);
EXPORTED void KERNEL(gruBeforeBackward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t dh, uint32_t dhPrevious, int32_t rows);
EXPORTED void KERNEL(gruSimpleForward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t h, int32_t rows);
EXPORTED void KERNEL(gruBeforeResetBackward)(char *memory, uint32_t z, uint32_t hPrevious, uint32_t dResetH, uint32_t dhPrevious, int32_t rows);
EXPORTED void KERNEL(layerNorm)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, uint32_t fromStep, uint32_t gain, uint32_t bias, uint32_t mean, uint32_t inverse, int32_t rows, int32_t columns);
EXPORTED void KERNEL(layerNormBackward)(char *memory, uint32_t dFrom, uint32_t dFromStep, uint32_t dTo, uint32_t dToStep, uint32_t from, uint32_t fromStep, uint32_t gain, uint32_t mean, uint32_t inverse, int32_t rows, int32_t columns);
EXPORTED void KERNEL(layerNormGradient)(char *memory, uint32_t dGain, uint32_t dGainStep, uint32_t dBias, uint32_t dBiasStep, uint32_t dTo, uint32_t dToStep, uint32_t from, uint32_t fromStep, uint32_t mean, uint32_t inverse, int32_t rows, int32_t panels);
EXPORTED void KERNEL(lion)(char *memory, uint32_t p, uint32_t g, uint32_t m, int32_t n, float scale, float rate, float decay);
EXPORTED void KERNEL(lstmForward)(char *memory, uint32_t z, uint32_t zStep, uint32_t cPrevious, uint32_t c, uint32_t h, int32_t rows);
EXPORTED void KERNEL(lstmBackward)(char *memory, uint32_t z, uint32_t zStep, uint32_t cPrevious, uint32_t c, uint32_t dh, uint32_t dc, int32_t rows);
EXPORTED void KERNEL(lstmCellForward)(char *memory, uint32_t z, uint32_t zStep, uint32_t cPrevious, uint32_t c, int32_t rows);
EXPORTED void KERNEL(lstmOutputForward)(char *memory, uint32_t o, uint32_t c, uint32_t h, int32_t rows);
EXPORTED void KERNEL(lstmOutputBackward)(char *memory, uint32_t o, uint32_t c, uint32_t dh, uint32_t dc, int32_t rows);
EXPORTED void KERNEL(lstmCellBackward)(char *memory, uint32_t z, uint32_t zStep, uint32_t cPrevious, uint32_t dc, int32_t rows);
EXPORTED void KERNEL(minGruForward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t h, int32_t rows);
EXPORTED void KERNEL(minGruBackward)(char *memory, uint32_t z, uint32_t zStep, uint32_t hPrevious, uint32_t dh, uint32_t dhPrevious, int32_t rows);
EXPORTED void KERNEL(packRows)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, int32_t stride, int32_t rows, int32_t columns);
EXPORTED void KERNEL(unpackRows)(char *memory, uint32_t from, uint32_t fromStep, uint32_t to, int32_t stride, int32_t rows, int32_t columns);
EXPORTED void KERNEL(addRows)(char *memory, uint32_t from, uint32_t fromStep, uint32_t to, int32_t stride, int32_t rows, int32_t columns);
EXPORTED void KERNEL(packTransposed)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, int32_t stride, int32_t rows, int32_t columns);
EXPORTED void KERNEL(unpackTransposed)(char *memory, uint32_t from, uint32_t fromStep, uint32_t to, int32_t stride, int32_t rows, int32_t columns);
EXPORTED void KERNEL(clear)(char *memory, uint32_t to, int32_t n);
EXPORTED void KERNEL(clearRows)(char *memory, uint32_t to, uint32_t toStep, int32_t rows, int32_t panels);
EXPORTED void KERNEL(fillRows)(char *memory, uint32_t to, uint32_t toStep, uint32_t values, int32_t rows, int32_t panels);
EXPORTED void KERNEL(addToRows)(char *memory, uint32_t to, uint32_t toStep, uint32_t values, int32_t rows, int32_t panels);
EXPORTED void KERNEL(gatherRows)(char *memory, uint32_t to, uint32_t toStep, uint32_t table, uint32_t tableStep, uint32_t index, int32_t rows, int32_t panels);
EXPORTED void KERNEL(placeRows)(char *memory, uint32_t table, uint32_t tableStep, uint32_t from, uint32_t fromStep, uint32_t index, int32_t rows, int32_t panels);
EXPORTED void KERNEL(scatterRows)(char *memory, uint32_t table, uint32_t tableStep, uint32_t from, uint32_t fromStep, uint32_t index, int32_t rows, int32_t panels);
EXPORTED void KERNEL(gatherEmbedding)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, int32_t columns, uint32_t index, int32_t rows);
EXPORTED void KERNEL(scatterEmbedding)(char *memory, uint32_t to, int32_t columns, uint32_t from, uint32_t fromStep, uint32_t index, int32_t rows, int32_t first, int32_t last);
EXPORTED void KERNEL(nesterov)(char *memory, uint32_t to, uint32_t g, uint32_t m, int32_t n, float scale);
EXPORTED void KERNEL(axpby)(char *memory, uint32_t y, uint32_t x, int32_t n, float a, float b);
EXPORTED void KERNEL(scale)(char *memory, uint32_t x, int32_t n, float factor);
EXPORTED double KERNEL(sumSquares)(char *memory, uint32_t x, int32_t n);
EXPORTED void KERNEL(adam)(char *memory, uint32_t p, uint32_t g, uint32_t m, uint32_t v, int32_t n, float scale, float rate, float correction, float decay, float decoupled);
EXPORTED void KERNEL(rmsprop)(char *memory, uint32_t p, uint32_t g, uint32_t v, int32_t n, float scale, float rate, float decay);
EXPORTED void KERNEL(sgd)(char *memory, uint32_t p, uint32_t g, uint32_t m, int32_t n, float scale, float rate, float decay);
EXPORTED void KERNEL(packPairs)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, int32_t stride, int32_t rows, int32_t columns);
EXPORTED void KERNEL(packPairsTransposed)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, int32_t stride, int32_t rows, int32_t columns);
EXPORTED void KERNEL(productPairs)(char *memory, uint32_t c, uint32_t cStep, uint32_t a, uint32_t aStep, uint32_t w, uint32_t wStep, int32_t rows, int32_t panels, int32_t blocks);
EXPORTED void KERNEL(productColumnsPairs)(char *memory, uint32_t c, uint32_t cStep, uint32_t a, uint32_t aStep, uint32_t b, uint32_t bStep, int32_t n, int32_t aPanels, int32_t bPanels, uint32_t sums);
EXPORTED void KERNEL(copyPanels)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, uint32_t fromStep, int32_t rows, int32_t panels);
EXPORTED void KERNEL(addPanels)(char *memory, uint32_t to, uint32_t toStep, uint32_t from, uint32_t fromStep, int32_t rows, int32_t panels);
EXPORTED void KERNEL(maxPanels)(char *memory, uint32_t to, uint32_t toStep, uint32_t where, uint32_t whereStep, uint32_t from, uint32_t fromStep, int32_t time, int32_t rows, int32_t panels);
EXPORTED void KERNEL(selectPanels)(char *memory, uint32_t to, uint32_t toStep, uint32_t where, uint32_t whereStep, uint32_t from, uint32_t fromStep, int32_t time, int32_t rows, int32_t panels);
EXPORTED void KERNEL(productRows)(char *memory, uint32_t c, uint32_t cStep, uint32_t a, uint32_t aStep, uint32_t w, uint32_t wStep, int32_t rows, int32_t panels, int32_t blocks);
EXPORTED void KERNEL(productColumns)(char *memory, uint32_t c, uint32_t cStep, uint32_t a, uint32_t aStep, uint32_t b, uint32_t bStep, int32_t n, int32_t aPanels, int32_t bPanels, uint32_t sums);
EXPORTED void KERNEL(rnnForward)(char *memory, uint32_t z, uint32_t h, int32_t rows);
EXPORTED void KERNEL(rnnBackward)(char *memory, uint32_t z, uint32_t h, uint32_t dh, int32_t rows);
EXPORTED void KERNEL(softmaxExponentials)(char *memory, uint32_t logits, uint32_t logitsStep, int32_t rows, int32_t panels, uint32_t largest, uint32_t sums);
EXPORTED void KERNEL(scaleRows)(char *memory, uint32_t values, uint32_t valuesStep, int32_t rows, int32_t panels, uint32_t factors);
EXPORTED void KERNEL(shiftRows)(char *memory, uint32_t values, uint32_t valuesStep, int32_t rows, int32_t columns, uint32_t shifts);
EXPORTED void KERNEL(softmaxRows)(char *memory, uint32_t values, uint32_t valuesStep, int32_t rows, int32_t columns);
EXPORTED void KERNEL(softmaxBackward)(char *memory, uint32_t p, uint32_t pStep, uint32_t d, uint32_t dStep, int32_t rows, int32_t panels);
