/**
 * `npx tsx scripts/tiles.ts`: writes src/kernels/assembly/tiles.ts, the inner loops of the two products (product.ts)
 * unrolled over their registers; `npm run build:kernels` begins with it.
 *
 * A tile adds products to a few rows of sums, which it keeps in registers: `c21` is vector 1 of row 2. Where V8 joins
 * pairs of 128-bit operations into 256-bit ones (`WIDE`, set when compiling) a row is a panel's 16 columns, elsewhere
 * 8, and a panel is done in two halves. Sums are loaded from the output and stored back, row by row and without a
 * condition: V8 drops the pairing otherwise. Every sum runs over k in order, whatever the tile's height, so that an
 * element's bits depend on nothing but its row and column.
 */

import { writeFileSync } from 'node:fs';

/** Rows of the tallest tile: 24 vectors, which become 12 of the 16 registers of 256 bits. */
const TALLEST = 6;

/** Bytes of a panel's row and of a vector. */
const ROW = 64;
const VECTOR = 16;

function lines(count: number, line: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => line(i)).join('\n');
}

/** A statement for each vector of a row; those of the second half of the panel where the row has them. */
function vectors(statement: (vector: number) => string): string {
  return `${statement(0)} ${statement(1)} if (WIDE) { ${statement(2)} ${statement(3)} }`;
}

const declare = (): string =>
  lines(TALLEST, (i) => `let ${[0, 1, 2, 3].map((j) => `c${i}${j} = f32x4.splat(0)`).join(', ')};`);
const load = (i: number, c: string, offset: number): string =>
  vectors((j) => `c${i}${j} = v128.load(${c}, ${offset + j * VECTOR});`);
const store = (i: number, c: string, offset: number): string =>
  vectors((j) => `v128.store(${c}, c${i}${j}, ${offset + j * VECTOR});`);
const multiply = (i: number, b: (vector: number) => string): string =>
  vectors((j) => `c${i}${j} = madd(x, ${b(j)}, c${i}${j});`);

/** Statements for each of the tile's R rows; R is known when compiling. */
const eachRow = (statements: (row: number) => string): string =>
  lines(TALLEST, (i) => `${i > 0 ? `if (R > ${i}) ` : ''}{ ${statements(i)} }`);

/** The vectors of a row as new names; the second half is never read where the row is half a panel. */
const rowOf = (name: string, kind: 'const' | 'let', from: string): string =>
  `${kind} ${name}0 = v128.load(${from}, 0), ${name}1 = v128.load(${from}, 16);
  ${kind} ${name}2 = WIDE ? v128.load(${from}, 32) : ${name}0, ${name}3 = WIDE ? v128.load(${from}, 48) : ${name}0;`;

/**
 * Sums += a row of B, loaded once, times a float of A for each row of sums, `aStride` bytes apart: what tiles of rows
 * do at each k.
 */
const multiplyRows = (b: string, aStride: number): string => `
  ${rowOf('b', 'const', b)}
  ${eachRow((i) => `const x = v128.load32_splat(a, ${i * aStride}); ${multiply(i, (j) => `b${j}`)}`)}`;

/** `c`, `c1`, `c2`: the pointer of each of four panels. */
const pointer = (name: string, panel: number): string => (panel > 0 ? `${name}${panel}` : name);
const advance = (name: string, panel: number): string =>
  panel > 0 ? `const ${name}${panel} = ${pointer(name, panel - 1)} + ${name}Step;` : '';

const rows = (height: number): string => `
export function rows${height}(c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  tileRows(${height}, c, a, aStep, w, blocks);
  if (!WIDE) tileRows(${height}, c + 32, a, aStep, w + 32, blocks);
}
`;

const columns = (height: number): string => `
export function columns${height}(c: usize, a: usize, b: usize, n: i32): void {
  tileColumns(${height}, c, a, b, n);
  if (!WIDE) tileColumns(${height}, c + 32, a, b + 32, n);
}
`;

writeFileSync(
  new URL('../src/kernels/assembly/tiles.ts', import.meta.url),
  `// Written by scripts/tiles.ts.

import { madd } from './math';

// Not panel.ts's, which is inlined: the optimizer would load the sums in another order.
const ROW: usize = ${ROW};

/** C (R x 16 or 8 columns) += A (R x 16 * blocks) * W. Rows of A are a panel's rows; its panels are \`aStep\` apart. */
// @ts-ignore: decorator
@inline
function tileRows(R: i32, c: usize, a: usize, aStep: usize, w: usize, blocks: i32): void {
  ${declare()}
  ${eachRow((i) => load(i, 'c', i * ROW))}
  for (; blocks > 0; blocks--) {
    for (const end = a + ROW; a < end; a += 4) {
      ${multiplyRows('w', ROW)}
      w += ROW;
    }
    a += aStep - ROW;
  }
  ${eachRow((i) => store(i, 'c', i * ROW))}
}

/** C (R x 16 or 8 columns) += A' B over n rows: A's columns 0 to R-1 from \`a\` on, B's from \`b\` on. */
// @ts-ignore: decorator
@inline
function tileColumns(R: i32, c: usize, a: usize, b: usize, n: i32): void {
  ${declare()}
  ${eachRow((i) => load(i, 'c', i * ROW))}
  for (; n > 0; n--) {
    ${multiplyRows('b', 4)}
    a += ROW;
    b += ROW;
  }
  ${eachRow((i) => store(i, 'c', i * ROW))}
}

/**
 * C (1 row x 4 panels, or half panels) += A (1 x 16 * blocks) * W: one row alone, as decoding one stream has it. Four
 * panels side by side keep enough sums under way at once to hide a multiply-add's latency, so that weights come as fast
 * as the caches give them.
 */
// @ts-ignore: decorator
@inline
function tilePanels(c: usize, cStep: usize, a: usize, aStep: usize, w: usize, wStep: usize, blocks: i32): void {
  ${lines(4, (i) => advance('c', i))}
  ${lines(4, (i) => rowOf(`c${i}`, 'let', pointer('c', i)))}
  for (; blocks > 0; blocks--) {
    for (const end = a + ROW; a < end; a += 4) {
      const x = v128.load32_splat(a, 0);
      ${lines(4, (i) => `${advance('w', i)} ${multiply(i, (j) => `v128.load(${pointer('w', i)}, ${j * VECTOR})`)}`)}
      w += ROW;
    }
    a += aStep - ROW;
  }
  ${lines(4, (i) => store(i, pointer('c', i), 0))}
}

// Half a panel at a time unless \`WIDE\`. One function a height: inlined into one caller, the register allocator would
// see them all at once.
${[1, 2, 3, 4, 5, 6].map(rows).join('')}${[5, 6].map(columns).join('')}
export function panels4(c: usize, cStep: usize, a: usize, aStep: usize, w: usize, wStep: usize, blocks: i32): void {
  tilePanels(c, cStep, a, aStep, w, wStep, blocks);
  if (!WIDE) tilePanels(c + 32, cStep, a, aStep, w + 32, wStep, blocks);
}
`,
);
