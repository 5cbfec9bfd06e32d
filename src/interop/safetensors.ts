/**
 * The safetensors format (https://github.com/huggingface/safetensors, section "Format"): 8 bytes with the length of the
 * header, then the header, JSON that gives each tensor's dtype, shape and place, then the tensors' bytes side by side;
 * all numbers little-endian. A file may come from a stranger: everything is checked before anything is used, and no
 * tensor takes more memory than four times its bytes in the file.
 */

import type { Tensor } from '../engine/index.ts';
import { InputError, RunError } from '../errors.ts';
import { elementCount } from '../model/index.ts';
import { type HeaderEntry, METADATA, parseHeader, quote } from './safetensors-header.ts';

/** Longest header that the format allows. */
const MAX_HEADER_BYTES = 100_000_000;

/** Bytes of an element of each dtype that can be read. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ['F32', 4],
  ['F64', 8],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['U8', 1],
]);

export interface SafetensorsFile {
  /** In the order of their bytes, each in single precision. */
  tensors: Tensor[];
  /** The file's own description, an object without a prototype. */
  metadata: Record<string, string>;
}

/**
 * The file that holds `tensors` in single precision, in that order, as pieces to be written one after the other: a
 * header, in which `metadata` comes first, and a view of each tensor's memory, which is not copied. The first tensor
 * starts at a multiple of 8 bytes, as the format recommends.
 *
 *     writeFileSync('model.safetensors', Buffer.concat(encodeSafetensors(engine.parameters, { format: 'pt' })));
 *
 * @throws RunError for a name that is given twice or reserved, and for a shape that differs from the length of its data.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const members: string[] = [];
  if (Object.keys(metadata).length > 0) members.push(`"${METADATA}":${JSON.stringify(metadata)}`);
  const names = new Set([METADATA]);
  let begin = 0;
  for (const { name, shape, data } of tensors) {
    if (names.has(name)) throw new RunError(`The tensor name ${quote(name)} is taken; give each tensor its own.`);
    if (elementCount(shape) !== data.length) {
      throw new RunError(`Tensor ${quote(name)} has ${data.length} elements, and its shape is [${shape.join(', ')}].`);
    }
    names.add(name);
    const end = begin + data.byteLength;
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] })}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return [header, ...tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/**
 * Reads a file that is in memory. `F32` tensors are views of `bytes` where their place is a multiple of 4 bytes, and
 * copies elsewhere; `F64` is rounded to single precision; `F16`, `BF16`, `U8`, and `I64` as far as it can be, are
 * converted without loss.
 *
 * @param where The file's name, for the errors.
 * @param options.finite Refuses numbers that are infinite or not a number. True by default.
 * @throws InputError for anything that the format doesn't allow: a header that is too long, no JSON or has a key twice,
 * a field that is missing or unknown, a shape that differs from the byte range, ranges that overlap, leave a hole or
 * don't end with the file; and for another dtype.
 */
export function decodeSafetensors(bytes: Uint8Array, where: string, { finite = true } = {}): SafetensorsFile {
  const refuse = (problem: string): never => {
    throw new InputError(`${where} is not a whole safetensors file: ${problem}; restore it from a copy.`);
  };
  const { text, data } = split(bytes, refuse);
  const { entries, metadata } = parseHeader(text, refuse);
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkRanges(entries, data.length, refuse);
  const tensors = entries.map((entry): Tensor => {
    const { name, shape, dtype, begin, end } = entry;
    const values = toSingle(dtype, data.subarray(begin, end), (index) =>
      refuse(`element ${index} of tensor ${quote(name)} is an integer that single precision can't hold`),
    );
    const bad = finite ? firstNotFinite(values) : -1;
    if (bad >= 0) refuse(`element ${bad} of tensor ${quote(name)} is ${values[bad]}`);
    return { name, shape, data: values };
  });
  return { tensors, metadata };
}

/** Index of the first number that is infinite or not a number, or -1. A plain loop, as models have millions. */
function firstNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** The header's text and the bytes after it. */
function split(bytes: Uint8Array, refuse: (problem: string) => never): { text: string; data: Uint8Array } {
  if (bytes.length < 8) refuse(`it has ${bytes.length} bytes, and the length of its header alone takes 8`);
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) refuse(`its header would have ${length} bytes, more than the format allows`);
  const start = 8 + Number(length);
  if (start > bytes.length) refuse(`its header would end at byte ${start}, and the file has ${bytes.length}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start));
  } catch {
    return refuse('its header is not UTF-8');
  }
  if (text[0] !== '{') refuse('its header does not begin with {');
  return { text, data: bytes.subarray(start) };
}

/** Checks that the entries, in the order of their ranges, fill `available` bytes exactly, each as its dtype and shape say. */
function checkRanges(entries: readonly HeaderEntry[], available: number, refuse: (problem: string) => never): void {
  let reached = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    const tensor = `tensor ${quote(name)}`;
    const size =
      ELEMENT_BYTES.get(dtype) ??
      refuse(`${tensor} has the dtype ${quote(dtype)}, and only ${[...ELEMENT_BYTES.keys()].join(', ')} are read`);
    if (end < begin || end > available) {
      refuse(`${tensor} would lie from byte ${begin} to ${end} of ${available} bytes of data`);
    }
    if (begin !== reached) {
      refuse(`${tensor} begins at byte ${begin} of the data, and the tensor before it ends at ${reached}`);
    }
    const elements = shape.reduce((product, factor) => {
      if (product * factor > Number.MAX_SAFE_INTEGER) refuse(`${tensor} has a shape of more than 2^53 elements`);
      return product * factor;
    }, 1);
    if (elements * size !== end - begin) {
      refuse(`${tensor} has ${end - begin} bytes, and its shape and dtype ask for ${elements * size}`);
    }
    reached = end;
  }
  if (reached !== available) refuse(`its tensors end at byte ${reached} of ${available} bytes of data`);
}

/** The elements in single precision; `inexact` throws for one (given its index) that is an integer beyond that. */
function toSingle(dtype: string, bytes: Uint8Array, inexact: (index: number) => never): Float32Array {
  const size = ELEMENT_BYTES.get(dtype) as number;
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const count = bytes.length / size;
  if (dtype === 'F32') return new Float32Array(buffer, byteOffset, count);
  if (dtype === 'F64') return new Float32Array(new Float64Array(buffer, byteOffset, count));
  if (dtype === 'U8') return new Float32Array(bytes);
  const values = new Float32Array(count);
  if (dtype === 'I64') {
    const integers = new BigInt64Array(buffer, byteOffset, count);
    for (let i = 0; i < count; i++) {
      values[i] = Number(integers[i]);
      if (BigInt(values[i]) !== integers[i]) inexact(i);
    }
    return values;
  }
  const halves = new Uint16Array(buffer, byteOffset, count);
  if (dtype === 'F16') {
    for (let i = 0; i < count; i++) values[i] = fromHalf(halves[i]);
  } else {
    // BF16: the upper half of the bits of a single-precision number.
    const bits = new Uint32Array(values.buffer);
    for (let i = 0; i < count; i++) bits[i] = halves[i] << 16;
  }
  return values;
}

/** The value of the 16 bits of an IEEE 754 half-precision number. */
function fromHalf(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
