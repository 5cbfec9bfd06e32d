/** Damaged files of a real run, and files that a stranger made with care. `npm run test:fuzz` is the long form. */

import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Engine, Tensor } from '../../src/engine/index.ts';
import { InputError } from '../../src/errors.ts';
import { completeOptions } from '../../src/options/options.ts';
import { type Progress, readModel, restoreCheckpoint, writeCheckpoint, writeModel } from '../../src/run/checkpoint.ts';
import { CONFIG_FORMAT, configText, parseConfig, type RunConfig } from '../../src/run/config.ts';
import { describeRun } from '../../src/run/run.ts';
import { parseLabels } from '../../src/run/vocabularies.ts';
import { parseTokenizer, SPECIAL_TOKENS } from '../../src/text/index.ts';
import { addedTokens, tokenizerFrame } from '../../src/text/tokens/tokenizer-json.ts';
import { fuzz, makeRuns } from '../slow/fuzzing.ts';
import { temporaryFolder } from '../temporary.ts';
import { fakeEngine, TOKENIZER_FILE } from '../train/fake.ts';

/** What `read` gives, or `undefined` if it refuses. */
function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return undefined;
  }
}

const CONFIG: RunConfig = {
  format: CONFIG_FORMAT,
  gatelm: '1.2.3',
  node: 'v26.0.0',
  options: completeOptions({ layers: 1, steps: 100 }),
  vocabulary: 70,
  classes: null,
  longest: null,
  cutoffs: null,
  corpus: [{ path: '/a/b.txt', bytes: 10, sha256: '0'.repeat(64) }],
  kernel: 'strict',
  initFrom: { path: '/a/run', sha256: '1'.repeat(64) },
};

describe('damaged files', () => {
  it('are refused, or read to what the whole ones hold', async () => {
    const folder = temporaryFolder();
    await makeRuns(folder);
    const { refused, same } = fuzz(folder, 1, 0, 1000);
    expect(refused).toBeGreaterThan(800);
    expect(same).toBeGreaterThan(5);
  }, 60_000);
});

describe('config.json', () => {
  it('with any one character changed is refused', () => {
    const text = configText(CONFIG);
    for (let at = 0; at < text.length; at++) {
      if (/\s/.test(text[at])) continue;
      const other = text[at] === '1' ? '2' : '1';
      expect(unlessRefused(() => parseConfig(text.slice(0, at) + other + text.slice(at + 1), 'c'))).toBeUndefined();
    }
  });

  it('of any values is refused, or a configuration', () => {
    const options = fc.dictionary(fc.constantFrom(...Object.keys(CONFIG.options), '__proto__'), fc.jsonValue());
    const fields = fc.record({
      ...Object.fromEntries(
        Object.entries(CONFIG).map(([name, value]) => [name, fc.oneof(fc.constant(value), fc.jsonValue())]),
      ),
      options: fc.oneof(options, fc.constant(CONFIG.options), fc.jsonValue()),
    });
    const property = fc.property(fields, (config) => {
      const read = unlessRefused(() => parseConfig(configText(config as unknown as RunConfig), 'c'));
      if (read) expect(read.options).toMatchObject(config.options as object);
      expect(({} as { hidden?: unknown }).hidden).toBeUndefined();
    });
    fc.assert(property, { seed: 1, numRuns: 1000 });
  });

  it('is refused when it is nested without end', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    for (const field of ['hidden', 'files', 'cell', 'tie', 'surprise']) {
      const text = configText(CONFIG).replace('"kernel": "auto"', `"${field}": ${deep}`);
      expect(text).toContain(deep);
      expect(unlessRefused(() => parseConfig(text, 'c'))).toBeUndefined();
    }
  });

  it('or tokenizer.json of too many bytes is not read', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'config.json'), configText(CONFIG));
    for (const file of ['tokenizer.json', 'config.json']) {
      writeFileSync(join(folder, file), '');
      truncateSync(join(folder, file), 2 ** 27 + 1);
      expect(() => describeRun(folder)).toThrow(`${file}: its 134217729 bytes are more than`);
    }
  });
});

describe('tokenizer.json', () => {
  it('of any value is refused', () => {
    const property = fc.property(fc.jsonValue(), (json) => {
      expect(unlessRefused(() => parseTokenizer(json, 't'))).toBeUndefined();
    });
    fc.assert(property, { seed: 2, numRuns: 1000 });
  });

  it('of any vocabulary is refused, or read as it is', () => {
    const token = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
      fc.constantFrom('__proto__', '\ud800', 'é'),
    );
    const kinds = fc.record({
      kind: fc.constantFrom('char' as const, 'word' as const),
      lowercase: fc.boolean(),
      tokens: fc.uniqueArray(token, { maxLength: 5 }),
      slip: fc.integer({ min: -9, max: 9 }),
    });
    let readable = 0;
    const property = fc.property(kinds, ({ kind, lowercase, tokens, slip }) => {
      const options = { kind, lowercase, pretokenized: false, normalizeNewlines: false };
      const vocab: Record<string, unknown> = Object.create(null);
      for (const [id, one] of [...SPECIAL_TOKENS, ...tokens].entries()) vocab[one] = id === slip ? id + 1 : id;
      const added = addedTokens([...SPECIAL_TOKENS, ...tokens], 0);
      const model = { type: 'WordLevel', vocab, unk_token: '<unk>' };
      const read = unlessRefused(() => parseTokenizer({ ...tokenizerFrame(options), added_tokens: added, model }, 't'));
      if (!read) return;
      readable++;
      expect(read.vocabulary).toEqual([...SPECIAL_TOKENS, ...tokens]);
      for (const one of tokens) expect(read.decode(read.encode(one))).toBe(one);
    });
    fc.assert(property, { seed: 3, numRuns: 400 });
    expect(readable).toBeGreaterThan(20);
  });
});

describe('labels.json', () => {
  it('of any value is refused, or read as it is', () => {
    const label = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom('__proto__', '\ud800', '', 'a\tb'),
    );
    let readable = 0;
    const property = fc.property(fc.oneof(fc.array(label, { maxLength: 4 }), fc.jsonValue()), (json) => {
      const read = unlessRefused(() => parseLabels(JSON.parse(JSON.stringify(json)), 'l'));
      if (!read) return;
      readable++;
      expect(read).toEqual(json);
      expect(new Set(read).size).toBe(read.length);
      for (const one of read) expect(one).toMatch(/^[^\t\r\n]*\S[^\t\r\n]*$/u);
    });
    fc.assert(property, { seed: 6, numRuns: 1000 });
    expect(readable).toBeGreaterThan(100);
  });
});

describe('numbers with a true checksum', () => {
  const tensors = fc.uniqueArray(
    fc.record({
      name: fc.constantFrom('output.weight', 'output.bias', '__proto__', 'x'),
      shape: fc.oneof(fc.constant<number[]>([2, 3]), fc.array(fc.nat({ max: 3 }), { maxLength: 3 })),
      value: fc.constantFrom(0, 1, -1e30, NaN, Infinity),
    }),
    { selector: ({ name }) => name },
  );

  it('are refused, or have the shapes asked for and are finite', () => {
    const folder = temporaryFolder();
    const shapes = [{ name: 'output.weight', shape: [2, 3] }];
    const property = fc.property(tensors, (list) => {
      const parameters = list.map(({ name, shape, value }): Tensor => {
        const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value);
        return { name, shape, data };
      });
      writeModel(folder, parameters, TOKENIZER_FILE, { step: 1, valLoss: 1 });
      const read = unlessRefused(() => readModel(folder, shapes, TOKENIZER_FILE));
      if (!read) return;
      expect(read.map(({ name, shape }) => ({ name, shape }))).toEqual(shapes);
      expect(read[0].data.every(Number.isFinite)).toBe(true);
    });
    fc.assert(property, { seed: 4, numRuns: 100 });
  });

  it('come with a progress of numbers, or are refused', () => {
    const folder = temporaryFolder();
    const progress = restoreOf(fakeEngine(), folder);
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 0.5, 2 ** 60, '1'));
    const change = fc.record({ name: fc.constantFrom(...Object.keys(progress)), value });
    const changed = fc.oneof(
      fc.jsonValue(),
      change.map(({ name, value }) => ({ ...progress, [name]: value })),
    );
    const property = fc.property(changed, (about) => {
      writeCheckpoint(folder, fakeEngine(), about as unknown as Progress, TOKENIZER_FILE);
      const read = unlessRefused(() => restoreCheckpoint(folder, fakeEngine(), TOKENIZER_FILE));
      for (const one of Object.values(read ?? {})) expect(one === null || (one as number) >= 0).toBe(true);
    });
    fc.assert(property, { seed: 5, numRuns: 100 });
  });
});

/** The progress of a checkpoint that has just been written. */
function restoreOf(engine: Engine, folder: string): Progress {
  const numbers = ['step', 'tokens', 'elapsedSeconds', 'lossSum', 'lossTokens', 'evaluatedStep', 'worseEvaluations'];
  const progress: Record<string, number | null> = { trainLoss: 1, bestLoss: null, bestStep: null, rollbacks: 0 };
  for (const name of numbers) progress[name] = 1;
  writeCheckpoint(folder, engine, progress as unknown as Progress, TOKENIZER_FILE);
  return restoreCheckpoint(folder, engine, TOKENIZER_FILE);
}
