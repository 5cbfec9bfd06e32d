/** The built program, which is what is measured. The types are those of the sources, so that checking them needs no build. */

import { existsSync } from 'node:fs';

const load = (path: string): Promise<unknown> => import(new URL(`../dist/${path}`, import.meta.url).href);

if (!existsSync(new URL('../dist/index.js', import.meta.url))) {
  throw new Error('gatelm is not built; run `npm run build` first.');
}

export const library = (await load('index.js')) as typeof import('../src/index.ts');
export const decode = (await load('decode/index.js')) as typeof import('../src/decode/index.ts');
export const draw = (await load('draw/index.js')) as typeof import('../src/draw/index.ts');
export const engine = (await load('engine/index.js')) as typeof import('../src/engine/index.ts');
export const inspect = (await load('inspect/index.js')) as typeof import('../src/inspect/index.ts');
export const kernels = (await load('kernels/index.js')) as typeof import('../src/kernels/index.ts');
export const model = (await load('model/index.js')) as typeof import('../src/model/index.ts');
export const text = (await load('text/index.js')) as typeof import('../src/text/index.ts');
