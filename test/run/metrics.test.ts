import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError, RunError } from '../../src/errors.ts';
import { openMetrics, readSummary, type TrainEvent } from '../../src/run/metrics.ts';
import { temporaryFolder } from '../temporary.ts';

/** Events of a run, one a second: two steps, an evaluation, a checkpoint. */
function event(name: TrainEvent['event'], second: number, step: number): TrainEvent {
  const rest = { trainLoss: 2, valLoss: 1.5, best: true, reason: 'interrupted' };
  return { event: name, step, epoch: 0.5, tokens: 8 * step, elapsedSeconds: second, ...rest } as TrainEvent;
}

const EVENTS = [
  event('start', 0, 0),
  event('step', 1, 1),
  event('checkpoint', 2, 1),
  event('eval', 3, 1),
  event('step', 4, 2),
  event('done', 5, 2),
];

function written(): { folder: string; path: string } {
  const folder = temporaryFolder();
  const path = join(folder, 'metrics.jsonl');
  const file = openMetrics(path, { step: 0, elapsedSeconds: 0 });
  for (const one of EVENTS) file.append(one);
  file.close();
  return { folder, path };
}

function events(path: string): TrainEvent[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => JSON.parse(line) as TrainEvent);
}

describe('openMetrics', () => {
  it('keeps what came before the checkpoint, and drops what comes again', () => {
    const { path } = written();
    openMetrics(path, { step: 1, elapsedSeconds: 2 }).close();
    expect(events(path)).toEqual(EVENTS.slice(0, 3));
  });

  it('keeps the end of a session, which comes after its checkpoint', () => {
    const { path } = written();
    openMetrics(path, { step: 2, elapsedSeconds: 4.5 }).close();
    expect(events(path)).toEqual(EVENTS);
  });

  it('drops a line that is half-written, and goes on behind the one before', () => {
    const { path } = written();
    appendFileSync(path, '{"event":"step","st');
    const file = openMetrics(path, { step: 2, elapsedSeconds: 9 });
    file.append(event('step', 10, 3));
    file.close();
    expect(events(path)).toEqual([...EVENTS, event('step', 10, 3)]);
  });

  it('reads files of many megabytes', () => {
    const { path } = written();
    const line = `${JSON.stringify({ ...event('step', 4, 2), padding: 'é'.repeat(1000) })}\n`;
    appendFileSync(path, line.repeat(2500));
    appendFileSync(path, `${JSON.stringify(event('step', 11, 3))}\n`);
    const before = readFileSync(path, 'utf8').length;
    openMetrics(path, { step: 2, elapsedSeconds: 10 }).close();
    const dropped = `${JSON.stringify(event('step', 11, 3))}\n`.length;
    expect(readFileSync(path, 'utf8').length).toBe(before - dropped);
  });

  it('leaves alone what it can not read', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'metrics.jsonl'));
    expect(() => openMetrics(join(folder, 'metrics.jsonl'), { step: 0, elapsedSeconds: 0 })).toThrow(RunError);
    const long = join(folder, 'long.jsonl');
    writeFileSync(long, 'x'.repeat(2 ** 22));
    expect(() => openMetrics(long, { step: 0, elapsedSeconds: 0 })).toThrow(InputError);
    expect(readFileSync(long, 'utf8')).toHaveLength(2 ** 22);
  });
});

describe('readSummary', () => {
  it('sums a run up', () => {
    const { folder } = written();
    expect(readSummary(folder)).toEqual({
      step: 2,
      epoch: 0.5,
      tokens: 16,
      elapsedSeconds: 5,
      trainLoss: 2,
      valLoss: 1.5,
      bestStep: 1,
      valSpellingBits: 0,
      reason: 'interrupted',
    });
  });

  it('passes over lines that are no events', () => {
    const { folder, path } = written();
    const summary = readSummary(folder);
    const strange = ['null', '[]', '1', '{}', '{"step":1}', '{', JSON.stringify({ ...EVENTS[3], valLoss: 'x' }), '\0'];
    appendFileSync(path, strange.join('\n'));
    expect(readSummary(folder)).toEqual(summary);
    expect(readSummary(temporaryFolder())).toMatchObject({ step: 0, reason: null });
  });
});
