/** Line charts as data, and the scales of their axes: what text (curves.ts) and a figure (svg.ts) have in common. */

export interface Axis {
  label: string;
  /** Powers of ten at equal distances; what is not above 0 is not drawn. */
  log?: boolean;
  /** Smallest and largest value; without it those of the points. */
  range?: readonly [least: number, most: number];
}

export interface Series {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
  /** Drawn with the colour of the series before it, as a broken line. */
  dashed?: boolean;
}

export interface Chart {
  title: string;
  x: Axis;
  y: Axis;
  series: readonly Series[];
}

export interface Scale {
  /** Where a value lies, from 0 to 1; undefined if it can't be drawn. */
  place(value: number): number | undefined;
  ticks: { value: number; label: string }[];
}

/** The scale of an axis for some values, with about `ticks` ticks at most. */
export function scaleOf(axis: Axis, values: readonly number[], ticks = 6): Scale {
  const drawable = values.filter((value) => Number.isFinite(value) && (!axis.log || value > 0));
  const bounds = axis.range ?? [Math.min(...drawable), Math.max(...drawable)];
  let [least, most] = drawable.length > 0 || axis.range ? bounds : [axis.log ? 1 : 0, 1];
  if (axis.log) {
    // Whole powers of ten; the small difference keeps 1e-3 from becoming 1e-4 by rounding.
    least = Math.floor(Math.log10(least) + 1e-9);
    most = Math.ceil(Math.log10(most) - 1e-9);
    if (least === most) most++;
    const stride = Math.max(1, Math.ceil((most - least) / ticks));
    const powers = range(most, least, -stride).reverse();
    return {
      place: (value) =>
        value > 0 && Number.isFinite(value) ? inside((Math.log10(value) - least) / (most - least)) : undefined,
      ticks: powers.map((power) => ({ value: 10 ** power, label: powerOfTen(power) })),
    };
  }
  if (least === most) most = least + 1;
  const counts = most - least > 1 && [least, most, ...drawable].every(Number.isInteger);
  const step = Math.max(counts ? 1 : 0, niceStep((most - least) / ticks));
  const first = Math.ceil(least / step - 1e-9) * step;
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return {
    place: (value) => (Number.isFinite(value) ? inside((value - least) / (most - least)) : undefined),
    ticks: range(first, most + step * 1e-9, step).map((value) => ({ value, label: value.toFixed(digits) })),
  };
}

/** Values outside the range are not drawn; rounding does not put them there. */
function inside(place: number): number | undefined {
  return place < -1e-9 || place > 1 + 1e-9 ? undefined : Math.min(1, Math.max(0, place));
}

function range(first: number, last: number, step: number): number[] {
  const count = Math.max(0, Math.floor((last - first) / step + 1e-9) + 1);
  return Array.from({ length: count }, (_, i) => first + i * step);
}

/** The smallest of 1, 2, 5, 10, … times a power of ten that is not below `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step * (1 - 1e-9)) ?? 10);
}

function powerOfTen(power: number): string {
  if (power === 0) return '1';
  if (power === 1) return '10';
  const digits = [...String(Math.abs(power))].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('');
  return `10${power < 0 ? '⁻' : ''}${digits}`;
}
