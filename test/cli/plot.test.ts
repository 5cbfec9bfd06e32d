/** Charts and heat maps as text, without colours. */

import { describe, expect, it } from 'vitest';
import { plotHeat, plotLines } from '../../src/cli/plot.ts';
import { style } from '../../src/cli/terminal.ts';

style.level = 0;

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
      28,
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

describe('plotHeat', () => {
  const map = { title: 'f', rows: ['12', '3'], gap: '' as const, low: 0, high: 1 };

  it('shades values under their tokens, in as many blocks as the width takes', () => {
    const columns = ['a', '\n', '\u0301', '日', 'b'];
    const values = [
      [0, 0.3, 0.5, 0.7, 1],
      [1, 1, 1, 1, 0],
    ];
    expect(plotHeat({ ...map, columns, values }, 8)).toEqual([
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
      40,
    );
    expect(lines.slice(1)).toEqual(['   the keys', '12 ▒▒▒ ████', '3  ███ ▒▒▒▒']);
  });

  it('is safe for a terminal', () => {
    expect(
      plotHeat({
        ...map,
        columns: ['\u001b[2J', 'a'],
        values: [
          [0, 0],
          [0, 0],
        ],
      }).join(''),
    ).not.toContain('\u001b');
  });
});
