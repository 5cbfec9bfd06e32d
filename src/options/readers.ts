/** What values an option takes, whether they come from a command line (as text) or from JSON. */

import { InputError } from '../errors.ts';

export interface Reader<T> {
  /** Ends the sentence "it must be …". */
  expects: string;
  /** `undefined` when the value won't do. */
  read(value: unknown): T | undefined;
}

function number(value: unknown): number {
  if (typeof value === 'number') return value + 0; // -0 becomes 0
  return typeof value === 'string' && /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(value) ? Number(value) : NaN;
}

/** 10000 -> 10,000. Not by `toLocaleString`, whose first call takes ten milliseconds of every start. */
function thousands(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

export function integer(least: number, most: number): Reader<number> {
  return {
    expects:
      most === Number.MAX_SAFE_INTEGER
        ? `a whole number, ${least} or more`
        : `a whole number from ${least} to ${thousands(most)}`,
    read(value) {
      const n = number(value);
      return Number.isSafeInteger(n) && n >= least && n <= most ? n : undefined;
    },
  };
}

export function real(expects: string, accepts: (n: number) => boolean): Reader<number> {
  return {
    expects,
    read(value) {
      const n = number(value);
      return Number.isFinite(n) && accepts(n) ? n : undefined;
    },
  };
}

export function choice<T extends string>(...names: T[]): Reader<T> {
  return { expects: `one of ${names.join(', ')}`, read: (value) => names.find((name) => name === value) };
}

export function optional<T>(reader: Reader<T>): Reader<T | null> {
  return { expects: reader.expects, read: (value) => (value === null ? null : reader.read(value)) };
}

export const boolean: Reader<boolean> = {
  expects: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

export const share = real('a share from 0 to less than 1', (n) => n >= 0 && n < 1);

export const path: Reader<string> = {
  expects: 'the path of a file',
  read: (value) => (typeof value === 'string' && value !== '' && !value.includes('\0') ? value : undefined),
};

export const paths: Reader<string[]> = {
  expects: 'a list of files',
  read: (value) => (Array.isArray(value) && value.every((one) => path.read(one) !== undefined) ? value : undefined),
};

export const interval: Reader<string> = {
  expects: 'a number of steps, or a time such as 30s or 5m',
  read: (value) => (/^[1-9]\d{0,8}[sm]?$/.test(String(value)) ? String(value) : undefined),
};

/** The error for a value that a reader refused. */
export function refusal(name: string, { expects }: Reader<unknown>, value: unknown): InputError {
  return new InputError(`${name} must be ${expects}, not ${shown(value)}.`);
}

function shown(value: unknown): string {
  // Not written out: what a stranger nests may be too deep for that.
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
