import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/engine/types.ts';
import { InputError, RunError } from '../../src/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/interop/index.ts';
import { createRandom } from '../../src/random.ts';

const fixture = (name: string) => readFileSync(new URL(`../fixtures/safetensors/${name}.safetensors`, import.meta.url));

/** A file of a header, given as an object or as its text, and as many bytes of data. */
function file(header: object | string, data: Uint8Array | number = 0, length?: bigint): Uint8Array {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([prefix, json, typeof data === 'number' ? new Uint8Array(data) : data]);
}

const tensor = (shape: number[], begin: number, end: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const plain = [
  { name: 'a', shape: [2, 3], data: Float32Array.of(1.5, -2.25, 3, 0, -0, 1e-40) },
  { name: 'b.weight', shape: [], data: Float32Array.of(7) },
  { name: 'c "é"', shape: [0, 3], data: new Float32Array(0) },
  { name: 'd', shape: [3], data: Float32Array.of(0, Math.fround(1) / 3, Math.fround(2) / 3) },
];

describe('encodeSafetensors', () => {
  it("writes the bytes that the format's own client writes", () => {
    expect(Buffer.concat(encodeSafetensors(plain, { format: 'pt' })).equals(fixture('plain'))).toBe(true);
  });

  it('starts the data at a multiple of 8 bytes and does not copy it', () => {
    for (const name of ['x', 'xx', 'xxx', 'xxxxxxxx']) {
      const data = Float32Array.of(1);
      const [header, piece] = encodeSafetensors([{ name, shape: [1], data }]);
      expect(header.length % 8).toBe(0);
      expect(piece.buffer).toBe(data.buffer);
    }
  });

  it('writes a part of a block that threads share', () => {
    const block = new Float32Array(new SharedArrayBuffer(64)).fill(2);
    const bytes = Buffer.concat(encodeSafetensors([{ name: 'x', shape: [3], data: block.subarray(5, 8) }]));
    expect(decodeSafetensors(bytes, 'file').tensors[0].data).toEqual(Float32Array.of(2, 2, 2));
  });

  it('refuses names that would clash and shapes that do not fit', () => {
    const [a] = plain;
    expect(() => encodeSafetensors([a, a])).toThrow(RunError);
    expect(() => encodeSafetensors([{ ...a, name: '__metadata__' }])).toThrow(RunError);
    expect(() => encodeSafetensors([{ ...a, shape: [7] }])).toThrow(RunError);
  });
});

describe('decodeSafetensors', () => {
  it("reads a file of the format's own client", () => {
    const { tensors, metadata } = decodeSafetensors(fixture('plain'), 'plain');
    expect(tensors).toEqual(plain);
    expect(metadata).toEqual({ format: 'pt' });
  });

  it('converts every dtype that it knows', () => {
    const { tensors } = decodeSafetensors(fixture('dtypes'), 'dtypes', { finite: false });
    const found = new Map(tensors.map(({ name, shape, data }) => [name, { shape, data }]));
    const values = (shape: number[], ...numbers: number[]) => ({ shape, data: Float32Array.from(numbers) });
    expect(found).toEqual(
      new Map([
        ['f32', values([1, 2], 0.1, -1e30)],
        ['f64', values([3], 0.1, 2 ** -140, Infinity)],
        ['f16', values([5], 1365 / 4096, -65504, 2 ** -24, Infinity, Number.NaN)],
        ['bf16', values([3], 171 / 512, -0xe2 * 2 ** 120, -Infinity)],
        ['i64', values([4], 0, -5, 2 ** 24, -(2 ** 63))],
        ['u8', values([3, 1], 0, 255, 7)],
      ]),
    );
  });

  it('reads every half-precision number rightly', () => {
    const halves = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);
    const header = { x: tensor([0x10000], 0, 0x20000, 'F16') };
    const { data } = decodeSafetensors(file(header, new Uint8Array(halves.buffer)), 'file', { finite: false })
      .tensors[0];
    // Neighbours differ by the unit of their binade; the values of the standard at its corners.
    expect([0x0001, 0x03ff, 0x0400, 0x3c00, 0x3c01, 0x7bff, 0x7c00].map((bits) => data[bits])).toEqual([
      2 ** -24,
      1023 * 2 ** -24,
      2 ** -14,
      1,
      1 + 2 ** -10,
      65504,
      Infinity,
    ]);
    for (let bits = 0; bits < 0x7c00; bits++) {
      expect(data[bits + 1] > data[bits] && Object.is(data[bits + 0x8000], -data[bits])).toBe(true);
    }
    expect(data.subarray(0x7c01, 0x8000).every(Number.isNaN)).toBe(true);
  });

  it('reads tensors wherever they lie in memory, as views where they are aligned', () => {
    const bytes = Buffer.concat(encodeSafetensors(plain));
    for (let shift = 0; shift < 8; shift++) {
      const moved = new Uint8Array(bytes.length + shift).subarray(shift);
      moved.set(bytes);
      const { tensors } = decodeSafetensors(moved, 'file');
      expect(tensors).toEqual(plain);
      expect(tensors[0].data.buffer === moved.buffer).toBe(shift % 4 === 0);
    }
  });

  it('reads back what was written', () => {
    const contents = fc.record({
      tensors: fc.uniqueArray(
        fc.record({
          name: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', 'toString', '0')),
          shape: fc.array(fc.nat(4), { maxLength: 4 }),
          seed: fc.float({ noNaN: true, noDefaultInfinity: true }),
        }),
        { selector: ({ name }) => name, maxLength: 6 },
      ),
      metadata: fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })),
    });
    const property = fc.property(contents, ({ tensors, metadata }) => {
      const written = tensors.map(({ name, shape, seed }) => {
        const length = shape.reduce((product, size) => product * size, 1);
        return { name, shape, data: Float32Array.from({ length }, (_, i) => (i % 2 ? seed : i)) };
      });
      const read = decodeSafetensors(Buffer.concat(encodeSafetensors(written, metadata)), 'file');
      const byName = (list: Tensor[]) => new Map(list.map((one) => [one.name, one]));
      expect(byName(read.tensors)).toEqual(byName(written));
      expect(Object.entries(read.metadata)).toEqual(Object.entries(metadata));
    });
    fc.assert(property, { seed: 3, numRuns: 500 });
  });

  it('takes names that mean something to JavaScript as names', () => {
    const header = '{"__metadata__":{"__proto__":"p"},"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const { tensors, metadata } = decodeSafetensors(file(header, 4), 'file');
    expect(tensors.map(({ name }) => name)).toEqual(['__proto__']);
    expect(Object.entries(metadata)).toEqual([['__proto__', 'p']]);
    expect('toString' in metadata).toBe(false);
    expect(({} as { dtype?: string }).dtype).toBeUndefined();
  });

  it('takes tensors in any order of the header, and space around its parts', () => {
    const header = ` {"b": ${JSON.stringify(tensor([1], 4, 8))} ,\n"a":${JSON.stringify(tensor([1], 0, 4))}}\t `.slice(
      1,
    );
    const { tensors } = decodeSafetensors(file(header, 8), 'file');
    expect(tensors.map(({ name }) => name)).toEqual(['a', 'b']);
    const emptyLast = decodeSafetensors(file({ a: tensor([1], 0, 4), none: tensor([0], 0, 0) }, 4), 'file');
    expect(emptyLast.tensors.map(({ name }) => name)).toEqual(['none', 'a']);
    expect(decodeSafetensors(file('{}'), 'file').tensors).toEqual([]);
  });

  const manyKeys = Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [`k${i}`, '']));
  const manyTensors = Object.fromEntries(Array.from({ length: 100_001 }, (_, i) => [`t${i}`, tensor([0], 0, 0)]));
  const whole = { a: tensor([1], 0, 4) };
  const text = JSON.stringify(whole);
  it.each<[string, Uint8Array, string]>([
    ['an empty file', new Uint8Array(0), 'it has 0 bytes'],
    ['half a length', new Uint8Array(7), 'it has 7 bytes'],
    ['a header beyond the file', file(text, 4, 1000n), 'would end at byte 1008'],
    ['a header beyond the limit', file(text, 4, 100_000_001n), 'more than the format allows'],
    ['a header of 2^64 - 1 bytes', file(text, 4, 2n ** 64n - 1n), 'more than the format allows'],
    ['no header', file(''), 'does not begin with {'],
    ['a byte-order mark', file(`\ufeff${text}`, 4), 'does not begin with {'],
    ['invalid UTF-8', file(text, 4).map((byte, i) => (i === 10 ? 0xff : byte)), 'not UTF-8'],
    ['JSON cut short', file(text.slice(0, -1), 4), 'no } at character'],
    ['JSON with more after it', file(`${text}x`, 4), 'no end at character'],
    ['a list', file('[]'), 'does not begin with {'],
    ['a comma too many', file('{"a":1,}'), 'no { at character 5'],
    ['deep nesting', file(`{"a":${'['.repeat(100_000)}`), 'no { at character 5'],
    ['an open string', file('{"a'), 'no closing quote'],
    ['an open escape', file('{"a\\'), 'no closing quote'],
    ['a bad escape', file('{"\\x":1}'), 'no valid string at character 1'],
    ['a line end in a string', file('{"\n":1}'), 'no valid string at character 1'],
    [
      'a tensor twice',
      file(`{"a":${JSON.stringify(whole.a)},"\\u0061":${JSON.stringify(whole.a)}}`, 4),
      'the key "a" twice',
    ],
    ['a field twice', file(text.replace('{"dtype', '{"dtype":"F32","dtype'), 4), 'the key "dtype" twice'],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), 'the key "__metadata__" twice'],
    ['a metadata key twice', file('{"__metadata__":{"k":"1","k":"2"}}'), 'the key "k" twice'],
    ['metadata without end', file({ __metadata__: manyKeys }), 'more than 100000 keys'],
    ['a shape of more than 8 sizes', file({ a: tensor([1, 1, 1, 1, 1, 1, 1, 1, 1], 0, 4) }, 4), 'more than 8 numbers'],
    ['tensors without end', file(manyTensors), 'more than 100000 tensors'],
    ['metadata that is no text', file('{"__metadata__":{"k":1}}'), 'no " at character'],
    ['a missing field', file('{"a":{"dtype":"F32","shape":[1]}}', 4), 'lacks its dtype'],
    ['a field in the prototype', file('{"a":{"__proto__":{"dtype":"F32"}}}', 4), 'unknown field "__proto__"'],
    ['one offset', file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}', 4), 'lacks its dtype'],
    ['an unknown dtype', file({ a: tensor([1], 0, 4, 'F8_E4M3') }, 4), 'the dtype "F8_E4M3"'],
    ['a negative size', file({ a: tensor([-1], 0, 4) }, 4), 'no whole number'],
    ['a fraction', file({ a: tensor([1.5], 0, 4) }, 4), 'no ] at character'],
    ['an exponent', file(text.replace('[1]', '[1e0]'), 4), 'no ] at character'],
    ['a leading zero', file(text.replace('[1]', '[01]'), 4), 'no whole number'],
    ['a size beyond 2^53', file(text.replace('[1]', '[9007199254740993]'), 4), 'no whole number'],
    ['sizes whose product overflows', file({ a: tensor([2 ** 32, 2 ** 32], 0, 4) }, 4), 'more than 2^53 elements'],
    ['a product that wraps to the size', file({ a: tensor([2 ** 31, 2 ** 31, 4], 0, 0) }), 'more than 2^53 elements'],
    ['a shape that is too large', file({ a: tensor([2], 0, 4) }, 4), 'has 4 bytes, and its shape and dtype ask for 8'],
    ['a shape that is too small', file({ a: tensor([0], 0, 4) }, 4), 'has 4 bytes, and its shape and dtype ask for 0'],
    ['offsets the wrong way round', file({ a: tensor([1], 4, 0) }, 4), 'would lie from byte 4 to 0'],
    ['offsets beyond the file', file({ a: tensor([1], 0, 4) }, 3), 'would lie from byte 0 to 4 of 3'],
    ['an overlap', file({ a: tensor([2], 0, 8), b: tensor([2], 4, 12) }, 12), '"b" begins at byte 4'],
    ['the same bytes twice', file({ a: tensor([1], 0, 4), b: tensor([1], 0, 4) }, 4), '"b" begins at byte 0'],
    ['a hole', file({ a: tensor([1], 0, 4), b: tensor([1], 8, 12) }, 12), '"b" begins at byte 8'],
    ['a hole at the start', file({ a: tensor([1], 4, 8) }, 8), '"a" begins at byte 4'],
    ['bytes left over', file(whole, 5), 'end at byte 4 of 5'],
    ['data without tensors', file('{}', 1), 'end at byte 0 of 1'],
    ['a number that is none', file(whole, Uint8Array.of(0, 0, 0xc0, 0x7f)), 'element 0 of tensor "a" is NaN'],
    ['an infinity', file(whole, Uint8Array.of(0, 0, 0x80, 0xff)), 'element 0 of tensor "a" is -Infinity'],
    [
      'an integer too precise',
      file({ a: tensor([1], 0, 8, 'I64') }, Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0)),
      'an integer that',
    ],
    ['a name that moves the cursor', file({ '\x1b[2J\x9b': tensor([1], 0, 4, 'x') }, 4), '"\\u001b[2J\\u009b"'],
  ])('refuses %s', (_, bytes, message) => {
    const attempt = () => decodeSafetensors(bytes, 'some.safetensors');
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(/^some\.safetensors is not a whole safetensors file: [ -~]+; restore it from a copy\.$/);
    expect(attempt).toThrow(message);
  });

  it('refuses a damaged file, or reads what its bytes say', () => {
    const random = createRandom(4);
    const originals = [fixture('plain'), fixture('dtypes')];
    let refused = 0;
    let read = 0;
    for (let i = 0; i < 20000; i++) {
      const damaged = damage(originals[i % 2], random.integer);
      try {
        const { tensors, metadata } = decodeSafetensors(damaged, 'damaged', { finite: false });
        expect({ tensors: new Map(tensors.map((one) => [one.name, one])), metadata }).toEqual(trusting(damaged));
        read++;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(5000);
    expect(read).toBeGreaterThan(500);
  });
});

/** A copy with one to three bytes or bits changed, bytes put in or taken out, or the end cut off. */
function damage(original: Uint8Array, integer: (n: number) => number): Uint8Array {
  let bytes = [...original];
  const kind = integer(8);
  for (let times = 1 + integer(3); times > 0 && bytes.length > 0; times--) {
    const at = integer(bytes.length);
    if (kind < 3) bytes[at] ^= 1 << integer(8);
    else if (kind < 5) bytes[at] = integer(256);
    else if (kind === 5) bytes.splice(at, 1 + integer(8));
    else if (kind === 6) bytes.splice(at, 0, ...bytes.slice(at, at + 1 + integer(8)));
    else bytes = bytes.slice(0, at);
  }
  return Uint8Array.from(bytes);
}

/** What a whole file holds, read without a check. */
function trusting(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer);
  const start = 8 + Number(view.getBigUint64(0, true));
  const { __metadata__: metadata = {}, ...header } = JSON.parse(Buffer.from(bytes.subarray(8, start)).toString());
  const halves = (bits: number): number => {
    const magnitude =
      (bits & 0x7c00) === 0 ? (bits & 0x3ff) * 2 ** -24 : (1024 + (bits & 0x3ff)) * 2 ** (((bits >> 10) & 31) - 25);
    const value = (bits & 0x7fff) > 0x7c00 ? Number.NaN : (bits & 0x7fff) === 0x7c00 ? Infinity : magnitude;
    return bits & 0x8000 ? -value : value;
  };
  const readers: Record<string, [number, (at: number) => number]> = {
    F32: [4, (at) => view.getFloat32(at, true)],
    F64: [8, (at) => view.getFloat64(at, true)],
    F16: [2, (at) => halves(view.getUint16(at, true))],
    BF16: [2, (at) => new DataView(Uint8Array.of(0, 0, bytes[at], bytes[at + 1]).buffer).getFloat32(0, true)],
    I64: [8, (at) => Number(view.getBigInt64(at, true))],
    U8: [1, (at) => bytes[at]],
  };
  const tensors = new Map(
    Object.entries<ReturnType<typeof tensor>>(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]) => {
        const [size, read] = readers[dtype];
        const data = Float32Array.from({ length: (end - begin) / size }, (_, i) => read(start + begin + i * size));
        return [name, { name, shape, data }];
      },
    ),
  );
  return { tensors, metadata };
}
