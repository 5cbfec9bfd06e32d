/**
 * `node bench/chart.ts RESULTS.json [CHART.svg]`: the README's chart, from what `npm run bench:peers -- --json` saved:
 * characters a second in training, as a multiple of PyTorch's.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PeerResults } from './peers.ts';
import { formatNumber } from './table.ts';

const [from, to = fileURLToPath(new URL('chart.svg', import.meta.url))] = process.argv.slice(2);
if (from === undefined) throw new Error('Name the JSON file that `npm run bench:peers -- --json FILE` wrote.');
const { comparisons, versions } = JSON.parse(readFileSync(from, 'utf8')) as PeerResults;

const WIDTH = 760;
const LEFT = 110;
const RIGHT = 150;
const BAR = 16;
const GROUP = 48;
const TOP = 46;
// Each of these can be told from white as well as from black.
const TEXT = '#7a828c';
const OURS = '#2f9e6e';
const THEIRS = '#8a93a5';

const groups = comparisons
  .filter(({ part }) => part === 'characters')
  .map(({ work, results }) => ({
    name: work.name,
    ours: results[0].best,
    theirs: results.find(({ program }) => program === 'PyTorch')?.best ?? Number.NaN,
  }))
  .filter(({ theirs }) => theirs > 0);
const longest = Math.max(1, ...groups.map(({ ours, theirs }) => ours / theirs));
const perRatio = (WIDTH - LEFT - RIGHT) / longest;

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y}" fill="${TEXT}"${more}>${words}</text>`;

const bar = (y: number, ratio: number, colour: string, label: string): string[] => {
  const width = ratio * perRatio;
  return [
    `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${colour}"/>`,
    text(LEFT + width + 8, y + 12.5, label),
  ];
};

const peer = `PyTorch ${versions.PyTorch.split('+')[0]}`;
const title = `Training speed as a multiple of ${peer}'s, characters a second at the bars' ends`;
const lines = [
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${TOP + groups.length * GROUP}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
  `<title>${title}</title>`,
  `<rect x="${LEFT}" y="12" width="12" height="12" rx="2" fill="${OURS}"/>`,
  text(LEFT + 18, 22.5, 'gatelm'),
  `<rect x="${LEFT + 90}" y="12" width="12" height="12" rx="2" fill="${THEIRS}"/>`,
  text(LEFT + 108, 22.5, peer),
  ...groups.flatMap(({ name, ours, theirs }, i) => {
    const y = TOP + i * GROUP;
    return [
      text(LEFT - 10, y + BAR + 4.5, name, ' text-anchor="end"'),
      ...bar(y, ours / theirs, OURS, `${formatNumber(ours)} (${(ours / theirs).toFixed(1)} x)`),
      ...bar(y + BAR + 2, 1, THEIRS, formatNumber(theirs)),
    ];
  }),
  '</svg>',
];
writeFileSync(to, `${lines.join('\n')}\n`);
