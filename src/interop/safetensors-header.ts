/**
 * The JSON header of a safetensors file, read by its own small grammar: JSON.parse would merge duplicate keys, round
 * large integers, and build whatever a stranger nests, before anything could be checked.
 */

export interface HeaderEntry {
  name: string;
  dtype: string;
  shape: number[];
  /** First byte of the tensor and the byte after its last, counted from the end of the header. */
  begin: number;
  end: number;
}

export interface Header {
  entries: HeaderEntry[];
  /** Without a prototype, so that no key means anything but itself. */
  metadata: Record<string, string>;
}

/** The name that stands for the file's own description; no tensor can have it. */
export const METADATA = '__metadata__';

/**
 * Most keys of the metadata, most tensors, and most sizes of a shape: far more than any model has, and few enough that
 * a header of the longest length that the format allows is read or refused in about a second.
 */
const MAX_METADATA_KEYS = 100_000;
const MAX_TENSORS = 100_000;
const MAX_RANK = 8;

/**
 * Reads the header's text. `refuse` throws; it is given what is wrong. What the numbers mean is not checked here, only
 * that they are non-negative safe integers.
 */
export function parseHeader(text: string, refuse: (problem: string) => never): Header {
  let at = 0;
  const unexpected = (wanted: string): never => refuse(`its header has no ${wanted} at character ${at}`);

  const skipSpace = (): void => {
    while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++;
  };
  const take = (character: string): boolean => {
    skipSpace();
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const expect = (character: string): void => {
    if (!take(character)) unexpected(character);
  };
  const string = (): string => {
    expect('"');
    const start = at - 1;
    while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    if (at >= text.length) unexpected('closing quote');
    at++;
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      at = start;
      return unexpected('valid string');
    }
  };
  const integer = (): number => {
    skipSpace();
    const start = at;
    while (text[at] >= '0' && text[at] <= '9') at++;
    const digits = text.slice(start, at);
    const value = Number(digits);
    if (digits === '' || (digits[0] === '0' && digits.length > 1) || !Number.isSafeInteger(value)) {
      at = start;
      unexpected('whole number from 0 to 2^53 - 1');
    }
    return value;
  };
  const integers = (): number[] => {
    expect('[');
    const values: number[] = [];
    if (take(']')) return values;
    do {
      if (values.length === MAX_RANK)
        refuse(`its header has a list of more than ${MAX_RANK} numbers at character ${at}`);
      values.push(integer());
    } while (take(','));
    expect(']');
    return values;
  };
  const object = (member: (key: string) => void): void => {
    expect('{');
    if (take('}')) return;
    const keys = new Set<string>();
    do {
      const key = string();
      if (keys.has(key)) refuse(`its header has the key ${quote(key)} twice`);
      keys.add(key);
      expect(':');
      member(key);
    } while (take(','));
    expect('}');
  };
  const entry = (name: string): HeaderEntry => {
    let dtype: string | undefined;
    let shape: number[] | undefined;
    let offsets: number[] | undefined;
    object((key) => {
      if (key === 'dtype') dtype = string();
      else if (key === 'shape') shape = integers();
      else if (key === 'data_offsets') offsets = integers();
      else refuse(`tensor ${quote(name)} has the unknown field ${quote(key)}`);
    });
    if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
      return refuse(`tensor ${quote(name)} lacks its dtype, its shape or one of its two offsets`);
    }
    return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
  };

  const entries: HeaderEntry[] = [];
  const metadata: Record<string, string> = Object.create(null);
  let metadataKeys = 0;
  const describe = (key: string): void => {
    if (++metadataKeys > MAX_METADATA_KEYS) refuse(`its ${METADATA} has more than ${MAX_METADATA_KEYS} keys`);
    metadata[key] = string();
  };
  object((name) => {
    if (name === METADATA) object(describe);
    else if (entries.length === MAX_TENSORS) refuse(`its header has more than ${MAX_TENSORS} tensors`);
    else entries.push(entry(name));
  });
  skipSpace();
  if (at < text.length) unexpected('end');
  return { entries, metadata };
}

/** A name from a file for an error message: short, and in printable ASCII, so that it can do nothing to a terminal. */
export function quote(name: string): string {
  const short = name.length > 60 ? `${name.slice(0, 60)}...` : name;
  return JSON.stringify(short).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
