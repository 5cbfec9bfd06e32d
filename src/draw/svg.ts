/**
 * Line charts as SVG: text, no script, no outside font, without a background, in colours that can be told from white
 * and from black.
 */

import { type Chart, type Series, scaleOf } from './chart.ts';

const WIDTH = 760;
const HEIGHT = 380;
const LEFT = 70;
const TOP = 40;
const BOTTOM = 52;
/** For the legend. */
const RIGHT = 190;
const TEXT = '#7a828c';
const GRID = '#8a93a5';
const COLOURS = ['#3b82c4', '#d9822b', '#2f9e6e', '#c2504f', '#8a63d2', '#1b9aaa', '#b5651d', '#7a828c'];
/** Longest name in the legend. */
const NAME = 26;

/** A chart as the text of an SVG file. */
export function lineChart({ title, x, y, series }: Chart): string {
  const xScale = scaleOf(x, valuesOf(series, 0));
  const yScale = scaleOf(y, valuesOf(series, 1));
  const width = WIDTH - LEFT - RIGHT;
  const height = HEIGHT - TOP - BOTTOM;
  const left = (value: number): number | undefined => scaled(xScale.place(value), (place) => LEFT + place * width);
  const top = (value: number): number | undefined => scaled(yScale.place(value), (place) => TOP + (1 - place) * height);
  const bottom = TOP + height;

  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    text(LEFT, 22, title, 'font-weight="600"'),
    `<g stroke="${GRID}" stroke-opacity="0.3">`,
    ...yScale.ticks.map(({ value }) => `<path d="M${LEFT} ${fixed(top(value)!)}H${LEFT + width}"/>`),
    '</g>',
    `<path d="M${LEFT} ${TOP}V${bottom}H${LEFT + width}" fill="none" stroke="${GRID}"/>`,
    ...yScale.ticks.map(({ value, label }) => text(LEFT - 8, top(value)! + 4.5, label, 'text-anchor="end"')),
    ...xScale.ticks.map(({ value, label }) => text(left(value)!, bottom + 18, label, 'text-anchor="middle"')),
    text(LEFT + width / 2, HEIGHT - 10, x.label, 'text-anchor="middle"'),
    text(0, 0, y.label, `text-anchor="middle" transform="translate(16 ${TOP + height / 2}) rotate(-90)"`),
  ];
  let colour = -1;
  for (const [i, { name, points, dashed }] of series.entries()) {
    if (!dashed) colour++;
    const stroke = `stroke="${COLOURS[Math.max(0, colour) % COLOURS.length]}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ''}`;
    const row = TOP + 8 + i * 20;
    const at = LEFT + width + 16;
    lines.push(`<path d="${pathOf(points, left, top)}" fill="none" stroke-linejoin="round" ${stroke}/>`);
    lines.push(`<path d="M${at} ${row}h22" ${stroke}/>`);
    lines.push(text(at + 28, row + 4.5, name.length > NAME ? `…${name.slice(1 - NAME)}` : name));
  }
  lines.push('</svg>');
  return `${lines.join('\n')}\n`;
}

function valuesOf(series: readonly Series[], coordinate: 0 | 1): number[] {
  return series.flatMap(({ points }) => points.map((point) => point[coordinate]));
}

/** Breaks where a point can't be drawn. */
function pathOf(
  points: Series['points'],
  left: (value: number) => number | undefined,
  top: (value: number) => number | undefined,
): string {
  let path = '';
  let drawing = false;
  for (const [x, y] of points) {
    const at = left(x);
    const height = top(y);
    const visible = at !== undefined && height !== undefined;
    if (visible) path += `${drawing ? 'L' : 'M'}${fixed(at)} ${fixed(height)}`;
    drawing = visible;
  }
  return path;
}

function scaled(place: number | undefined, to: (place: number) => number): number | undefined {
  return place === undefined ? undefined : to(place);
}

function text(x: number, y: number, words: string, more = ''): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" fill="${TEXT}"${more && ` ${more}`}>${escapeXml(words)}</text>`;
}

function fixed(n: number): string {
  return String(Math.round(n * 10) / 10);
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** XML allows no control characters but tab and line ends, not even as entities. */
function escapeXml(words: string): string {
  return words.replace(/[&<>"]/g, (character) => ENTITIES[character]).replace(/[^\P{Cc}\t\n\r]/gu, '\ufffd');
}
