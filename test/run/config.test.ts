import { describe, expect, it } from 'vitest';
import { InputError } from '../../src/errors.ts';
import { completeOptions } from '../../src/options/options.ts';
import { CONFIG_FORMAT, configText, modelConfig, parseConfig, type RunConfig } from '../../src/run/config.ts';

const CONFIG: RunConfig = {
  format: CONFIG_FORMAT,
  gatelm: '1.2.3',
  node: 'v26.0.0',
  options: completeOptions({ cell: 'gru', gruReset: 'before', layers: 1, steps: 100 }),
  vocabulary: 70,
  classes: null,
  longest: null,
  cutoffs: null,
  corpus: [
    { path: '/a/b.txt', bytes: 10, sha256: '0'.repeat(64) },
    { path: '/dev/fd/3', bytes: 0, sha256: null },
  ],
  kernel: 'strict',
  initFrom: { path: '/a/run', sha256: '1'.repeat(64) },
};

/** The configuration with one field, given by its path, replaced; `undefined` takes it away. */
function changed(path: string, value: unknown): string {
  const copy = structuredClone(CONFIG) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const inner = keys.slice(0, -1).reduce((object, key) => object[key] as Record<string, unknown>, copy);
  inner[keys.at(-1)!] = value;
  return configText(copy as unknown as RunConfig);
}

describe('parseConfig', () => {
  it('reads what was written', () => {
    expect(parseConfig(configText(CONFIG), 'config.json')).toEqual(CONFIG);
  });

  it('reads an older format', () => {
    const old = configText({ ...CONFIG, format: 1, initFrom: null }).replace(/,\s*"initFrom": null/, '');
    expect(old).not.toContain('initFrom');
    expect(parseConfig(old, 'c')).toEqual({ ...CONFIG, initFrom: null });
  });

  it('takes a translator of before there was label smoothing for one that had none', () => {
    const { labelSmoothing, ...options } = completeOptions({ task: 'translate', steps: 100 });
    const translator = { ...CONFIG, classes: 9, longest: { input: 3, output: 4 } };
    const before = configText({ ...translator, options } as RunConfig);
    expect(labelSmoothing).toBeGreaterThan(0);
    expect(parseConfig(before, 'c').options).toEqual({ ...options, labelSmoothing: 0 });
  });

  it.each<[string, unknown]>([
    ['format', undefined],
    ['format', '1'],
    ['format', 0],
    ['gatelm', 3],
    ['node', undefined],
    ['kernel', null],
    ['vocabulary', 4],
    ['vocabulary', 1e300],
    ['vocabulary', 70.5],
    ['classes', undefined],
    ['classes', 2],
    ['classes', '2'],
    ['longest', { input: 3, output: 1 }],
    ['longest', 3],
    ['options.task', 'classify'],
    ['options.task', 'speak'],
    ['options', undefined],
    ['options', []],
    ['options.hidden', -1],
    ['options.hidden', '256 '],
    ['options.cell', 'LSTM'],
    ['options.tie', 1],
    ['options.files', 'a.txt'],
    ['options.files', [1]],
    ['options.surprise', 1],
    ['corpus', {}],
    ['corpus', [null]],
    ['corpus.0.sha256', 'abc'],
    ['corpus.0.bytes', -1],
    ['corpus.0.path', undefined],
    ['initFrom', undefined],
    ['initFrom', []],
    ['initFrom.path', 1],
    ['initFrom.sha256', '1'.repeat(63)],
  ])('refuses %s = %j', (path, value) => {
    expect(() => parseConfig(changed(path, value), 'x/config.json')).toThrow(InputError);
    expect(() => parseConfig(changed(path, value), 'x/config.json')).toThrow('x/config.json');
  });

  it('says that a newer version wrote it, whatever else is in it', () => {
    expect(() => parseConfig(`{"format": ${CONFIG_FORMAT + 1}}`, 'c')).toThrow(/newer version of gatelm.*update/);
  });

  it('takes nothing from a prototype, and puts nothing there', () => {
    const inherited = JSON.stringify(CONFIG).replace('"kernel":"strict"', '"__proto__":{"kernel":"strict"}');
    expect(() => parseConfig(inherited, 'c')).toThrow(InputError);
    const options = JSON.stringify(CONFIG).replace('"hidden":256', '"hidden":256,"__proto__":{"polluted":1}');
    expect(() => parseConfig(options, 'c')).toThrow('__proto__');
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  it('refuses an impossible combination', () => {
    expect(() => parseConfig(changed('options.tie', true), 'c')).toThrow(InputError);
  });
});

describe('the configuration of a run with labels', () => {
  const options = completeOptions({ task: 'classify', hidden: 8, pool: 'mean', steps: 3 });
  const config: RunConfig = { ...CONFIG, options, classes: 4, longest: { input: 9, output: 1 } };

  it('is read as it was written', () => {
    expect(parseConfig(configText(config), 'config.json')).toEqual(config);
    const written = JSON.parse(configText(config)) as Record<string, unknown>;
    for (const [name, value] of [
      ['classes', null],
      ['classes', 5],
      ['longest', null],
      ['longest', { input: 9 }],
      ['longest', { input: 0, output: 1 }],
    ] as const) {
      expect(() => parseConfig(JSON.stringify({ ...written, [name]: value }), 'c')).toThrow(InputError);
    }
  });

  it('makes a model with these', () => {
    expect(modelConfig(config)).toEqual({
      ...{
        cell: 'gru',
        gruReset: 'after',
        layerNorm: false,
        layers: 1,
        hidden: 8,
        embedding: 0,
        tie: false,
        vocabulary: 70,
      },
      ...{ task: 'classify', classes: 4, bidirectional: true, merge: 'concat', pool: 'mean' },
      ...{ cutoffs: [], output: 'softmax', attention: 'none' },
    });
  });
});

it('gives the model that the options and the vocabulary make', () => {
  expect(modelConfig(CONFIG)).toEqual({
    cell: 'gru',
    gruReset: 'before',
    layerNorm: false,
    layers: 1,
    hidden: 256,
    embedding: 0,
    tie: false,
    vocabulary: 70,
    ...{ task: 'lm', classes: 70, cutoffs: [], bidirectional: false, merge: 'concat', pool: 'last' },
    ...{ output: 'softmax', attention: 'none' },
  });
});
