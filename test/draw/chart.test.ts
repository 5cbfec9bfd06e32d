/** Scales of charts, and figures. */

import { describe, expect, it } from 'vitest';
import { type Chart, lineChart, scaleOf } from '../../src/draw/index.ts';

describe('scaleOf', () => {
  it('puts ticks at round values', () => {
    const scale = scaleOf({ label: '' }, [0, 200]);
    expect(scale.ticks.map(({ label }) => label)).toEqual(['0', '50', '100', '150', '200']);
    expect(scale.place(50)).toBe(0.25);
    expect(scale.place(201)).toBeUndefined();
    expect(scaleOf({ label: 'steps' }, [0, 3]).ticks.map(({ label }) => label)).toEqual(['0', '1', '2', '3']);
    expect(scaleOf({ label: '', range: [0.4, 1] }, [0.7]).ticks.map(({ label }) => label)).toEqual(
      '0.4 0.5 0.6 0.7 0.8 0.9 1.0'.split(' '),
    );
  });

  it('goes by powers of ten on a log axis, without what is not above 0', () => {
    const scale = scaleOf({ label: '', log: true }, [0.02, 3e-5, 0, -1, Number.NaN]);
    expect(scale.ticks.map(({ label }) => label)).toEqual(['10⁻⁵', '10⁻⁴', '10⁻³', '10⁻²', '10⁻¹']);
    expect(scale.place(1e-3)).toBeCloseTo(0.5, 9);
    expect(scale.place(0)).toBeUndefined();
    const wide = scaleOf({ label: '', log: true }, [1, 1e-30]);
    expect(wide.ticks.length).toBeLessThanOrEqual(7);
    expect(wide.ticks.at(-1)?.label).toBe('1');
  });

  it('takes one value, and none', () => {
    expect(scaleOf({ label: '' }, [3]).place(3)).toBe(0);
    expect(scaleOf({ label: '', log: true }, [1]).place(1)).toBe(0);
    expect(scaleOf({ label: '', log: true }, []).ticks.length).toBeGreaterThan(0);
    expect(scaleOf({ label: '' }, []).ticks.length).toBeGreaterThan(0);
  });
});

describe('lineChart', () => {
  const chart: Chart = {
    title: 'a < b & "c"\u0007',
    x: { label: 'k' },
    y: { label: 'norm', log: true },
    series: [
      {
        name: 'one',
        points: [
          [0, 1],
          [1, 0.1],
          [2, 0],
          [3, 0.01],
        ],
      },
      { name: 'a name that is much longer than the legend', points: [[0, 0.5]], dashed: true },
    ],
  };

  it('is well-formed, and breaks lines where nothing can be drawn', () => {
    const svg = lineChart(chart);
    expect(svg).toContain('<title>a &lt; b &amp; &quot;c&quot;\ufffd</title>');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    // Every element is closed.
    const open = [...svg.matchAll(/<([a-z]+)\b(?:[^>]*[^/>])?>/g)].map(([, name]) => name);
    const closed = [...svg.matchAll(/<\/([a-z]+)>/g)].map(([, name]) => name);
    expect(open.sort()).toEqual(closed.sort());
    expect(svg).toContain('<path d="M70 40L236.7 184M570 328" fill="none"');
    expect(svg).toContain('…');
    expect(svg).toContain('stroke-dasharray');
  });
});
