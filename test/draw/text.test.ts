/** Charts, heat maps and bars as text, without colours and with them. */

import { describe, expect, it } from 'vitest';
import { bar, type Colours, decayChart, type Medium, plotHeat, plotLines, wrapped } from '../../src/draw/index.ts';

const plain = (columns: number): Medium => ({ columns, colours: undefined });

describe('plotLines', () => {
  it('draws series as letters between the axes', () => {
    const lines = plotLines(
      {
        title: 'decay\u001b[2J',
        x: { label: 'steps before' },
        y: { label: 'norm', log: true },
        series: [
          {
            name: 'one',
            points: [
              [0, 1],
              [10, 1e-4],
            ],
          },
          {
            name: 'two',
            points: [
              [0, 1e-2],
              [5, 1e-2],
              [6, 0],
              [10, 1e-3],
            ],
          },
        ],
      },
      plain(28),
      9,
    );
    expect(lines).toEqual([
      'decay\\x1b[2J',
      '   1 ┤aa',
      '     │  aa',
      '10⁻¹ ┤    aaa',
      '     │       aaa',
      '10⁻² ┤bbbbbbbbbbbb',
      '     │            aaa',
      '10⁻³ ┤               aaa   b',
      '     │                  aa',
      '10⁻⁴ ┤                    aa',
      '     └┬───┬───┬────┬───┬───┬',
      '      0   2   4    6   8  10',
      '      steps before',
      'a  one',
      'b  two',
    ]);
  });
});

const map = { title: 'f', rows: ['12', '3'], gap: '' as const, low: 0, high: 1 };

describe('plotHeat', () => {
  it('shades values under their tokens, in as many blocks as the width takes', () => {
    const columns = ['a', '\n', '\u0301', '日', 'b'];
    const values = [
      [0, 0.3, 0.5, 0.7, 1],
      [1, 1, 1, 1, 0],
    ];
    expect(plotHeat({ ...map, columns, values }, plain(8))).toEqual([
      'f  0   ░░▒▒▓▓███ 1',
      '   a⏎·日',
      '12  ░▒▓▓',
      '3  █████',
      '',
      '   b',
      '12 █',
      '3',
    ]);
  });

  it('makes columns as wide as words', () => {
    const lines = plotHeat(
      {
        ...map,
        gap: ' ',
        columns: ['the', 'keys'],
        values: [
          [0.5, 1],
          [1, 0.5],
        ],
      },
      plain(40),
    );
    expect(lines.slice(1)).toEqual(['   the keys', '12 ▒▒▒ ████', '3  ███ ▒▒▒▒']);
  });

  it('is safe for a terminal', () => {
    const values = [
      [0, 0],
      [0, 0],
    ];
    expect(plotHeat({ ...map, columns: ['\u001b[2J', 'a'], values }, plain(40)).join('')).not.toContain('\u001b');
  });
});

describe('in colours', () => {
  const colours: Colours = {
    bold: (text) => `<b>${text}</b>`,
    series: [(text) => `<1>${text}</1>`, (text) => `<2>${text}</2>`],
    background: (colour, text) => `<${colour}>${text}</${colour}>`,
  };
  const medium: Medium = { columns: 12, colours };
  const series = [0, 1, 2].map((i) => ({
    name: `s${i}`,
    points: [
      [0, i],
      [1, 2 - i],
    ] as [number, number][],
  }));

  it('curves are dots, whose colours come again where there are more series', () => {
    expect(plotLines({ title: 't', x: { label: 'x' }, y: { label: 'y' }, series }, medium, 2)).toEqual([
      '<b>t</b>',
      expect.stringMatching(/^2 ┤(<[12]>[\u2801-\u28ff]<\/[12]>)+$/),
      expect.stringMatching(/^0 ┤(<[12]>[\u2801-\u28ff]<\/[12]>)+$/),
      expect.stringContaining('└'),
      expect.any(String),
      '   x',
      '<1>━━</1> s0',
      '<2>━━</2> s1',
      '<1>━━</1> s2',
    ]);
  });

  it('cells of a heat map are blue below 0 and red above it, or grey', () => {
    const cells = (low: number): string[] =>
      plotHeat({ ...map, columns: ['a', 'b'], rows: ['r'], values: [[low, 1]], low }, medium).slice(2);
    expect(cells(-1)).toEqual(['r <26> </26><196> </196>']);
    expect(cells(0)).toEqual(['r <232> </232><255> </255>']);
  });
});

describe('bar', () => {
  it('is as long as its share', () => {
    expect([0, 0.5, 1].map((share) => bar(share, 6))).toEqual(['', '━━━', '━━━━━━']);
  });
});

describe('decayChart', () => {
  it('has the steps back as x', () => {
    const chart = decayChart('t', [{ name: 'a', norms: [1, 0.5] }]);
    expect(chart.series).toEqual([
      {
        name: 'a',
        points: [
          [0, 1],
          [1, 0.5],
        ],
      },
    ]);
    expect(chart.y.log).toBe(true);
  });
});

describe('wrapped', () => {
  it('breaks between words, as late as it can', () => {
    expect(wrapped('one two three', 13)).toBe('one two three');
    expect(wrapped('one two three', 12)).toBe('one two\nthree');
    expect(wrapped('a  bb   cc dd', 7, '  ')).toBe('a  bb\n  cc dd');
    expect(wrapped('  one two', 6, '  ')).toBe('  one\n  two');
  });

  it('leaves a word that is too wide whole, and counts columns, not characters', () => {
    expect(wrapped('a unbreakable b', 5)).toBe('a\nunbreakable\nb');
    expect(wrapped('語語 語語', 8)).toBe('語語\n語語');
    expect(wrapped('\u001b[1mone\u001b[22m two', 7)).toBe('\u001b[1mone\u001b[22m two');
  });
});
