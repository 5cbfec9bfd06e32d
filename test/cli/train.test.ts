/** `lm train` and the commands that use what it wrote, from end to end. */

import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { flagName } from '../../src/errors.ts';
import { decodeSafetensors } from '../../src/interop/index.ts';
import { optionNames } from '../../src/options/table.ts';
import { temporaryFolder } from '../temporary.ts';
import { jsonLines, lm, type Outcome, TEXT, TINY } from './lm.ts';

function workFolder(text = TEXT): string {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'cat.txt'), text);
  return cwd;
}

function train(cwd: string, ...words: string[]): Promise<Outcome> {
  return lm(['train', ...words, ...TINY, '--json'], { cwd });
}

async function refused(cwd: string, words: readonly string[], message: RegExp): Promise<void> {
  const { status, stderr } = await lm(words, { cwd });
  expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
}

function tensors(folder: string, file: string): Map<string, number[]> {
  const { tensors } = decodeSafetensors(readFileSync(join(folder, file)), file);
  return new Map(tensors.map(({ name, data }) => [name, [...data]]));
}

describe('a run', () => {
  it('is a folder with everything in it, named for its file', async () => {
    const cwd = workFolder();
    const { status, stdout, stderr } = await train(cwd, 'cat.txt', '--steps', '6', '--eval-every', '3');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(readdirSync(join(cwd, 'runs', 'cat')).sort()).toEqual([
      'checkpoint.previous.safetensors',
      'checkpoint.safetensors',
      'config.json',
      'metrics.jsonl',
      'model.safetensors',
      'tokenizer.json',
    ]);
    const events = jsonLines(stdout);
    const names = events.map(({ event }) => event);
    expect(names.filter((name) => name !== 'checkpoint')).toEqual(
      'start step step step eval step step step eval done'.split(' '),
    );
    for (const event of events)
      expect(event).toMatchObject({ step: expect.any(Number), elapsedSeconds: expect.any(Number) });
    expect(events[2]).toMatchObject({ trainLoss: expect.any(Number), learningRate: expect.any(Number) });
    expect(events.at(-1)).toMatchObject({ event: 'done', step: 6, valLoss: expect.any(Number) });
    expect(readFileSync(join(cwd, 'runs', 'cat', 'metrics.jsonl'), 'utf8')).toBe(stdout);
  });

  it('is not written over unless asked', async () => {
    const cwd = workFolder();
    await train(cwd, 'cat.txt', '--steps', '1');
    const before = tensors(join(cwd, 'runs/cat'), 'model.safetensors');
    const again = await train(cwd, 'cat.txt', '--steps', '2');
    expect(again.status).toBe(2);
    expect(again.stderr).toMatch(/already holds a run.*--resume.*--overwrite.*--name/);
    expect(tensors(join(cwd, 'runs/cat'), 'model.safetensors')).toEqual(before);
    expect((await train(cwd, 'cat.txt', '--steps', '2', '--overwrite')).status).toBe(0);
    expect(tensors(join(cwd, 'runs/cat'), 'model.safetensors')).not.toEqual(before);
    expect((await train(cwd, 'cat.txt', '--steps', '1', '--name', 'other')).status).toBe(0);
    expect((await train(cwd, 'cat.txt', '--steps', '1', '--out', 'place')).status).toBe(0);
    expect((await train(cwd, 'cat.txt', '--steps', '1', '--out', 'place', '--name', 'x')).status).toBe(0);
    for (const run of ['runs/other', 'place', 'place/x']) expect(existsSync(join(cwd, run, 'config.json'))).toBe(true);
  });

  it('of the default corpus takes the next free name', async () => {
    const cwd = workFolder();
    await train(cwd, '--steps', '1', '--val-split', '0');
    await train(cwd, '--steps', '1', '--val-split', '0');
    expect(readdirSync(join(cwd, 'runs')).sort()).toEqual(['tales', 'tales-2']);
  });

  it('can be repeated from its config.json, flags winning over it', async () => {
    const cwd = workFolder();
    await train(cwd, 'cat.txt', '--steps', '3', '--seed', '7');
    const config = 'runs/cat/config.json';
    const same = await lm(['train', '--config', config, '--name', 'same', '--quiet'], { cwd });
    const other = await lm(['train', '--config', config, '--name', 'other', '--seed', '8', '--quiet'], { cwd });
    expect([same.status, same.stdout, same.stderr]).toEqual([0, '', '']);
    expect(other.status).toBe(0);
    const weights = (name: string) => tensors(join(cwd, 'runs', name), 'model.safetensors');
    expect(weights('same')).toEqual(weights('cat'));
    expect(weights('other')).not.toEqual(weights('cat'));
  });

  it('learns, whatever the tokenizer and format', async () => {
    const cwd = workFolder();
    const kinds = [
      ['--tokenizer', 'word'],
      ['--tokenizer', 'word', '--pretokenized', '--tie'],
      ['--format', 'lines'],
      ['--cell', 'gru'],
    ];
    for (const [i, flags] of kinds.entries()) {
      const { status, stdout, stderr } = await train(
        cwd,
        'cat.txt',
        '--steps',
        '60',
        '--learning-rate',
        '0.03',
        '--name',
        `${i}`,
        '--eval-every',
        '60',
        '--val-split',
        '0.2',
        ...flags,
      );
      expect([status, stderr]).toEqual([0, '']);
      const steps = jsonLines(stdout).filter(({ event }) => event === 'step');
      expect(steps.at(-1)!.trainLoss).toBeLessThan(0.8 * (steps[0].trainLoss as number));
    }
  });
});

describe('what people see', () => {
  it('is plain lines in a pipe, and nothing when quiet', async () => {
    const cwd = workFolder();
    const { stdout, stderr } = await lm(['train', 'cat.txt', '--steps', '2', ...TINY], { cwd });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^corpus +cat\.txt: 916 characters to train on, 101 to validate on/);
    expect(stdout).toMatch(/Next: (npx )?lm sample runs\/cat\n$/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
    const quiet = await lm(['train', 'cat.txt', '--steps', '2', '--overwrite', '--quiet', ...TINY], { cwd });
    expect(quiet).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('has colours when they are forced, and none with NO_COLOR', async () => {
    const cwd = workFolder();
    const words = ['train', 'cat.txt', '--steps', '1', '--overwrite', ...TINY];
    const coloured = await lm(words, { cwd, env: { FORCE_COLOR: '1' } });
    expect(coloured.stdout).toContain('\u001b[');
    const plain = await lm(words, { cwd, env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(plain.stdout).not.toContain('\u001b[');
  });

  it('in the help is every flag, with its default', async () => {
    const { status, stdout } = await lm(['train', '--help'], { cwd: temporaryFolder() });
    expect(status).toBe(0);
    const help = new Map(
      stdout.split(/^ {2}(?=--)/m).map((text) => {
        const [flag, ...words] = text.split(/\s+/);
        return [flag, words.join(' ')];
      }),
    );
    for (const name of optionNames) if (name !== 'files') expect(help.get(flagName(name))).toMatch(/\(default: .+\)/);
    expect(help.get('--hidden')).toContain('(default: 256; classify: 128; tag: 128; translate: 256)');
    expect(help.get('--label-smoothing')).toContain('(default: 0; translate: 0.1)');
    expect(help.get('--schedule')).toContain('(default: cosine)');
    expect(help.get('--threads')).toContain('(default: one a core)');
    for (const flag of ['--out', '--name', '--resume', '--init-from', '--config', '--json', '--quiet']) {
      expect(help.has(flag), flag).toBe(true);
    }
  });
});

describe('--resume', () => {
  it('gives the bits of the run that never stopped, with other threads too', async () => {
    const cwd = workFolder();
    const flags = ['cat.txt', '--steps', '40', '--eval-every', '7', '--checkpoint-every', '5'];
    await train(cwd, ...flags, '--name', 'whole');
    const stopped = await lm(['train', ...flags, '--name', 'stopped', ...TINY, '--json'], {
      cwd,
      stopAfter: '"step":12,',
    });
    expect(stopped.status).toBe(130);
    expect(stopped.stderr).toContain('lm train --resume runs/stopped');
    const last = jsonLines(stopped.stdout).at(-1)!;
    expect(last).toMatchObject({ event: 'done', reason: 'interrupted' });
    expect(last.step).toBeLessThan(40);

    const rest = await lm(['train', '--resume', 'runs/stopped', '--threads', '2', '--json'], { cwd });
    expect([rest.status, rest.stderr]).toEqual([0, '']);
    for (const file of ['model.safetensors', 'checkpoint.safetensors']) {
      expect(tensors(join(cwd, 'runs/stopped'), file)).toEqual(tensors(join(cwd, 'runs/whole'), file));
    }
  });

  it('goes on after SIGTERM, and after the reader of the report has gone', async () => {
    const cwd = workFolder();
    const flags = ['cat.txt', '--steps', '100000', ...TINY, '--json'];
    const terminated = await lm(['train', ...flags], { cwd, stopAfter: '"step":3,', signal: 'SIGTERM' });
    expect(terminated.status).toBe(130);
    const closed = await lm(['train', '--resume', 'runs/cat', '--json'], { cwd, closeAfter: 2000 });
    expect(closed.status).toBe(130);
    const { stdout } = await lm(['info', '--json'], { cwd });
    expect(JSON.parse(stdout)).toMatchObject({ training: { reason: 'interrupted' } });
  });

  it('raises limits, and refuses by name what would change the model', async () => {
    const cwd = workFolder();
    await train(cwd, 'cat.txt', '--steps', '4', '--schedule', 'constant');
    const resume = (...words: string[]) => lm(['train', '--resume', 'runs/cat', '--json', ...words], { cwd });
    expect(await resume()).toMatchObject({ status: 2, stderr: expect.stringMatching(/at its end.*raise --steps/) });
    expect(await resume('--hidden', '9')).toMatchObject({ status: 2, stderr: expect.stringContaining('--hidden 9') });
    expect(await resume('--steps', '3')).toMatchObject({ status: 2, stderr: expect.stringContaining('--steps') });
    const more = await resume('--steps', '6');
    expect(jsonLines(more.stdout).at(-1)).toMatchObject({ event: 'done', step: 6 });

    await train(cwd, 'cat.txt', '--steps', '6', '--schedule', 'constant', '--name', 'whole');
    const weights = (run: string) => tensors(join(cwd, 'runs', run), 'checkpoint.safetensors');
    expect(weights('cat')).toEqual(weights('whole'));
  });

  it('refuses a text that has changed, unless the old one is named', async () => {
    const cwd = workFolder();
    await train(cwd, 'cat.txt', '--steps', '2');
    cpSync(join(cwd, 'cat.txt'), join(cwd, 'old.txt'));
    appendFileSync(join(cwd, 'cat.txt'), 'more');
    const changed = await lm(['train', '--resume', 'runs/cat', '--steps', '4'], { cwd });
    expect(changed).toMatchObject({ status: 2, stderr: expect.stringContaining('is not the text') });
    const moved = await lm(['train', 'old.txt', '--resume', 'runs/cat', '--steps', '4', '--quiet'], { cwd });
    expect(moved).toMatchObject({ status: 0, stderr: '' });
  });

  it('notices a damaged checkpoint and offers the one before', async () => {
    const cwd = workFolder();
    await train(cwd, 'cat.txt', '--steps', '2');
    const checkpoint = join(cwd, 'runs/cat/checkpoint.safetensors');
    truncateSync(checkpoint, 1000);
    const before = readdirSync(join(cwd, 'runs/cat'));
    const { status, stderr } = await lm(['train', '--resume', 'runs/cat', '--steps', '4'], { cwd });
    expect(status).toBe(2);
    expect(stderr).toMatch(/checkpoint\.safetensors .*lm train --resume runs\/cat --from-previous\.\n$/);
    expect(readdirSync(join(cwd, 'runs/cat'))).toEqual(before);
    const words = ['train', '--resume', 'runs/cat', '--steps', '4', '--quiet'];
    expect(await lm([...words, '--from-previous'], { cwd })).toMatchObject({ status: 0, stderr: '' });
    await train(cwd, 'cat.txt', '--steps', '4', '--name', 'whole');
    const weights = (run: string) => tensors(join(cwd, 'runs', run), 'checkpoint.safetensors');
    expect([...weights('cat').keys()]).toEqual([...weights('whole').keys()]);
    await refused(cwd, ['train', 'cat.txt', '--from-previous'], /--from-previous needs --resume/);
  });

  it('says how to name the new place of a text, and keeps it', async () => {
    const cwd = workFolder();
    mkdirSync(join(cwd, 'here'));
    cpSync(join(cwd, 'cat.txt'), join(cwd, 'here', 'cat.txt'));
    writeFileSync(join(cwd, 'here', 'valid.txt'), `${TEXT}the end\n`);
    await train(cwd, 'here/cat.txt', '--valid', 'here/valid.txt', '--steps', '2');
    renameSync(join(cwd, 'here'), join(cwd, 'there'));
    const words = ['train', '--resume', 'runs/cat', '--quiet'];
    await refused(
      cwd,
      [...words, '--steps', '4'],
      /no longer at .*here.cat\.txt: .* lm train --resume runs\/cat NEWPATH\./,
    );
    const named = [...words, 'there/cat.txt', '--steps', '4'];
    await refused(cwd, named, /no longer at .*here.valid\.txt: .* --resume runs\/cat --valid NEWPATH\./);
    writeFileSync(join(cwd, 'other.txt'), 'x'.repeat(999));
    await refused(cwd, [...named, '--valid', 'other.txt'], /other\.txt is not the text/);
    expect(await lm([...named, '--valid', 'there/valid.txt'], { cwd })).toMatchObject({ status: 0, stderr: '' });
    expect(await lm([...words, '--steps', '6'], { cwd })).toMatchObject({ status: 0, stderr: '' });
    await refused(cwd, ['train', '--resume', 'runs/gone'], /no run at runs\/gone: name the folder that it is in now/);
  });

  it('names a run whatever its text is called', async () => {
    const cwd = workFolder();
    for (const [file, name] of [
      ['...txt', 'run'],
      ['..txt', 'run-2'],
      ['.hidden.txt', '.hidden'],
    ]) {
      cpSync(join(cwd, 'cat.txt'), join(cwd, file));
      await train(cwd, file, '--steps', '2', ...(name === 'run-2' ? ['--overwrite'] : []));
    }
    expect(readdirSync(join(cwd, 'runs')).sort()).toEqual(['.hidden', 'run']);
    expect(readdirSync(cwd)).not.toContain('config.json');
  });
});
