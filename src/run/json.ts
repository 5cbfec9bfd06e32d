/** JSON files of a run: parsed, and checked field by field, with errors that name the file. */

import { InputError } from '../errors.ts';

/** Parses JSON; `path` is for the error. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InputError(`${path} is damaged: it is not JSON (${(error as Error).message.replace(/\s+/g, ' ')}).`, {
      cause: error,
    });
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Checks of values, each of which gives the value back, or throws an InputError by its name. */
export interface Checks {
  refuse(problem: string): never;
  /** A whole number of at least `least`. */
  count(value: unknown, name: string, least: number): number;
  text(value: unknown, name: string): string;
  /** A SHA-256 in hexadecimal. */
  sha256(value: unknown): string;
  list(value: unknown, name: string): unknown[];
  object(value: unknown, name: string): Record<string, unknown>;
}

/** Checks of what is in the file `path`. */
export function checksOf(path: string): Checks {
  const refuse = (problem: string): never => {
    throw new InputError(`${path} is damaged: ${problem}.`);
  };
  const text = (value: unknown, name: string): string =>
    typeof value === 'string' ? value : refuse(`"${name}" is no text`);
  return {
    refuse,
    count: (value, name, least) =>
      Number.isSafeInteger(value) && (value as number) >= least ? (value as number) : refuse(`"${name}" is no count`),
    text,
    sha256: (value) =>
      /^[0-9a-f]{64}$/.test(text(value, 'sha256')) ? (value as string) : refuse('"sha256" is no checksum'),
    list: (value, name) => (Array.isArray(value) ? value : refuse(`"${name}" is no list`)),
    object: (value, name) => (isObject(value) ? value : refuse(`"${name}" is no object`)),
  };
}
