/** All kernels. Pointers are bytes into the shared memory; panel matrices are described in product.ts. */

export * from './average';
export * from './crf';
export * from './dropout';
export * from './gru';
export * from './layer-norm';
export * from './lion';
export * from './lstm';
export * from './min-gru';
export * from './move';
export * from './muon';
export * from './optimizer';
export * from './pairs';
export * from './pool';
export * from './product';
export * from './rnn';
export * from './softmax';
