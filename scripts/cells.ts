/**
 * `npx tsx scripts/cells.ts`: draws the pictures of docs/cells.md, one for each cell.
 *
 * A box is a layer with weights of its own, which adds up what comes in (W x + U h' + b) and passes it through the
 * function that is written in it; a box with a letter multiplies by that matrix; a circle works element by element.
 * Lines meet only where there is a dot.
 */

import { writeFileSync } from 'node:fs';

const WIDTH = 720;
const TEXT = '#7a828c';
const LINE = '#8a93a5';
// White words can be read on each of these, and each can be told from white as well as from black.
const GATE = '#b8671b';
const SQUASH = '#2f6ea8';
const MATRIX = '#6b7280';

type Point = readonly [x: number, y: number];

/** A line through some points; with an arrow at its end. */
function line(...points: Point[]): string {
  return `<path d="M${points.map(([x, y]) => `${x} ${y}`).join('L')}" fill="none" stroke="${LINE}" stroke-width="2"/>`;
}

function arrow(...points: Point[]): string {
  const [x, y] = points[points.length - 1];
  const [fromX, fromY] = points[points.length - 2];
  const dx = Math.sign(x - fromX);
  const dy = Math.sign(y - fromY);
  // The head's base, 8 behind its tip, and 4.5 to each side.
  const base: Point = [x - 8 * dx, y - 8 * dy];
  const head = [
    [x, y],
    [base[0] - 4.5 * dy, base[1] + 4.5 * dx],
    [base[0] + 4.5 * dy, base[1] - 4.5 * dx],
  ];
  const shaft = line(...points.slice(0, -1), base);
  return `${shaft}<path d="M${head.map(([a, b]) => `${a} ${b}`).join('L')}Z" fill="${LINE}"/>`;
}

function dot(x: number, y: number): string {
  return `<circle cx="${x}" cy="${y}" r="3.5" fill="${LINE}"/>`;
}

function label(x: number, y: number, words: string, more = ''): string {
  return `<text x="${x}" y="${y}" fill="${TEXT}" font-style="italic" font-size="17"${more && ` ${more}`}>${words}</text>`;
}

function box(x: number, y: number, words: string, fill: string): string {
  const width = words.length > 2 ? 56 : 44;
  return [
    `<rect x="${x - width / 2}" y="${y - 14}" width="${width}" height="28" rx="4" fill="${fill}"/>`,
    `<text x="${x}" y="${y + 5.5}" fill="#fff" text-anchor="middle" font-size="16">${words}</text>`,
  ].join('');
}

const sigma = (x: number, y: number): string => box(x, y, 'σ', GATE);
const tanh = (x: number, y: number): string => box(x, y, 'tanh', SQUASH);
const matrix = (x: number, y: number, name: string): string => box(x, y, name, MATRIX);

/** Radius 14, so that lines end 14 from its middle. */
function circle(x: number, y: number, words: string): string {
  return [
    `<circle cx="${x}" cy="${y}" r="14" fill="none" stroke="${LINE}" stroke-width="2"/>`,
    `<text x="${x}" y="${y + 5.5}" fill="${TEXT}" text-anchor="middle" font-size="${words.length > 1 ? 14 : 17}">${words}</text>`,
  ].join('');
}

/** The outline of the cell between `left` and `right`, and from `top` to `bottom`. */
function outline(left: number, top: number, right: number, bottom: number): string {
  return `<rect x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" rx="10" fill="none" stroke="${LINE}" stroke-opacity="0.5" stroke-dasharray="4 4"/>`;
}

function draw(name: string, title: string, height: number, parts: readonly string[]): void {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="Georgia, 'DejaVu Serif', serif" role="img">`;
  const svg = [head, `<title>${title}</title>`, ...parts, '</svg>', ''].join('\n');
  writeFileSync(new URL(`../docs/cell-${name}.svg`, import.meta.url), svg);
}

draw('rnn', 'The vanilla RNN cell', 200, [
  outline(70, 20, 650, 150),
  label(20, 91, 'h′'),
  arrow([44, 85], [332, 85]),
  label(366, 190, 'x'),
  arrow([360, 190], [360, 99]),
  tanh(360, 85),
  arrow([388, 85], [676, 85]),
  label(684, 91, 'h'),
]);

const top = 60;
const middle = 140;
const gates = 210;
const stateBus = 270;
const inputBus = 310;
/** What all forms of the GRU have: the state's line, the update gate, and the candidate that it blends in. */
const update = [
  outline(70, 20, 650, 335),
  label(20, top + 6, 'h′'),
  // The state passes through: z of it is kept.
  arrow([44, top], [546, top]),
  circle(560, top, '×'),
  arrow([574, top], [606, top]),
  circle(620, top, '+'),
  arrow([634, top], [676, top]),
  label(684, top + 6, 'h'),
  // The buses of the state and of the input.
  dot(100, top),
  line([100, top], [100, stateBus], [553, stateBus]),
  label(20, inputBus + 6, 'x'),
  line([44, inputBus], [567, inputBus]),
  // z.
  arrow([553, stateBus], [553, gates + 14]),
  arrow([567, inputBus], [567, gates + 14]),
  sigma(560, gates),
  arrow([560, gates - 14], [560, top + 14]),
  label(568, gates - 32, 'z'),
  // n, and (1 - z) of it.
  dot(410, inputBus),
  arrow([410, inputBus], [410, middle + 14]),
  tanh(410, middle),
  label(447, middle - 8, 'n'),
  arrow([438, middle], [471, middle]),
  circle(485, middle, '×'),
  dot(560, middle),
  arrow([560, middle], [539, middle]),
  circle(525, middle, '1−'),
  arrow([511, middle], [499, middle]),
  arrow([485, middle - 14], [485, 100], [620, 100], [620, top + 14]),
];
/** The reset gate. */
const reset = [
  dot(193, stateBus),
  arrow([193, stateBus], [193, gates + 14]),
  dot(207, inputBus),
  arrow([207, inputBus], [207, gates + 14]),
  sigma(200, gates),
  arrow([200, gates - 14], [200, middle], [276, middle]),
  label(184, gates - 32, 'r'),
  circle(290, middle, '×'),
];

draw('gru', 'The GRU cell, reset after the matrix', 350, [
  ...update,
  ...reset,
  dot(290, stateBus),
  arrow([290, stateBus], [290, gates + 14]),
  matrix(290, gates, 'Uₙ'),
  arrow([290, gates - 14], [290, middle + 14]),
  arrow([304, middle], [382, middle]),
]);

draw('gru-before', 'The GRU cell, reset before the matrix', 350, [
  ...update,
  ...reset,
  dot(290, stateBus),
  arrow([290, stateBus], [290, middle + 14]),
  arrow([304, middle], [318, middle]),
  matrix(340, middle, 'Uₙ'),
  arrow([362, middle], [382, middle]),
]);

draw('gru-none', 'The simplified GRU cell, without a reset', 350, [
  ...update,
  dot(290, stateBus),
  arrow([290, stateBus], [290, gates + 14]),
  matrix(290, gates, 'Uₙ'),
  arrow([290, gates - 14], [290, middle], [382, middle]),
]);

const bus = 270;
const row = 210;
draw('lstm', 'The LSTM cell', 340, [
  outline(70, 20, 650, 300),
  // The cell state passes through.
  label(20, 66, 'c′'),
  arrow([44, 60], [186, 60]),
  circle(200, 60, '×'),
  arrow([214, 60], [346, 60]),
  circle(360, 60, '+'),
  arrow([374, 60], [676, 60]),
  label(684, 66, 'c'),
  // The state and the input, to all four.
  label(20, bus + 6, 'h′'),
  line([44, bus], [510, bus]),
  label(116, 336, 'x'),
  line([110, 336], [110, bus]),
  dot(110, bus),
  ...[200, 300, 420].flatMap((x) => [dot(x, bus), arrow([x, bus], [x, row + 14])]),
  arrow([510, bus], [510, row + 14]),
  sigma(200, row),
  arrow([200, row - 14], [200, 74]),
  label(208, row - 32, 'f'),
  sigma(300, row),
  arrow([300, row - 14], [300, 130], [346, 130]),
  label(308, row - 32, 'i'),
  tanh(420, row),
  arrow([420, row - 14], [420, 130], [374, 130]),
  label(428, row - 32, 'g'),
  circle(360, 130, '×'),
  arrow([360, 116], [360, 74]),
  sigma(510, row),
  arrow([532, row], [576, row]),
  label(548, row - 8, 'o'),
  // What of the cell is shown.
  dot(590, 60),
  arrow([590, 60], [590, 116]),
  tanh(590, 130),
  arrow([590, 144], [590, row - 14]),
  circle(590, row, '×'),
  arrow([590, row + 14], [590, bus], [676, bus]),
  label(684, bus + 6, 'h'),
]);

draw('mingru', 'The minGRU cell', 330, [
  outline(70, 20, 650, 310),
  // The state passes through: 1 - z of it is kept.
  label(20, 66, 'h′'),
  arrow([44, 60], [346, 60]),
  circle(360, 60, '×'),
  arrow([374, 60], [546, 60]),
  circle(560, 60, '+'),
  arrow([574, 60], [676, 60]),
  label(684, 66, 'h'),
  // The input alone, to both gates.
  label(20, 296, 'x'),
  line([44, 290], [560, 290]),
  dot(360, 290),
  arrow([360, 290], [360, 244]),
  arrow([560, 290], [560, 244]),
  sigma(360, 230),
  arrow([360, 216], [360, 144]),
  label(368, 204, 'z'),
  circle(360, 130, '1−'),
  arrow([360, 116], [360, 74]),
  // z of the candidate is taken.
  dot(360, 165),
  arrow([360, 165], [546, 165]),
  box(560, 230, 'g', SQUASH),
  arrow([560, 216], [560, 179]),
  label(568, 204, 'n'),
  circle(560, 165, '×'),
  arrow([560, 151], [560, 74]),
]);
