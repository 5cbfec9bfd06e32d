/** All kernels. Pointers are bytes into the shared memory; panel matrices are described in product.ts. */

export * from './dropout';
export * from './gru';
export * from './lstm';
export * from './move';
export * from './optimizer';
export * from './pool';
export * from './product';
export * from './rnn';
export * from './softmax';
