/** What a parameter is: its name and shape, which are PyTorch's, what it is for, and how it begins. */

import { createRandom, type Random } from '../random.ts';

/** What a parameter is for. Whoever treats some differently (an optimizer, say) asks for this. */
export type Role = 'embedding' | 'input' | 'recurrent' | 'projection' | 'output' | 'transition' | 'gain' | 'bias';

/** Fills a parameter's values, which are 0 before. */
export type Initial = (values: Float32Array, random: Random) => void;

export interface ParameterSpec {
  /** PyTorch's, so that weights move between the two as they are. */
  name: string;
  /** Row-major. */
  shape: readonly number[];
  role: Role;
  initial: Initial;
  /** Which of its dimensions is a vocabulary, whose tokens another model may have under other numbers. */
  tokens: 'none' | 'rows' | 'columns';
}

/** Uniform in ±`bound`. */
export function uniform(bound: number): Initial {
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = (2 * random.uniform() - 1) * bound;
  };
}

/** Normal around 0. */
export function normal(deviation: number): Initial {
  return (values, random) => {
    for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
  };
}

/** `value` from element `first` to before `end`, 0 elsewhere. */
export function constant(value: number, first = 0, end?: number): Initial {
  return (values) => {
    values.fill(value, first, end);
  };
}

export const zeros: Initial = () => {};

/** Draws all parameters, in the order of their list, by name. */
export function initialValues(specs: readonly ParameterSpec[], seed: number): Map<string, Float32Array> {
  const random = createRandom(seed, 0);
  return new Map(
    specs.map(({ name, shape, initial }) => {
      const values = new Float32Array(elementCount(shape));
      initial(values, random);
      return [name, values];
    }),
  );
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
