/** Runs the command as a user would. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';

// Each command is a process of its own, and a busy machine may take its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

export const BIN = fileURLToPath(new URL('../../bin/lm.js', import.meta.url));

/** Flags of a model that trains in no time. */
export const TINY = '--hidden 8 --layers 1 --batch-size 4 --seq-length 8 --threads 1 --kernel strict'.split(' ');

export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface LmOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Written to stdin, which then ends. */
  input?: string;
  /** Sends `signal`, SIGINT by default, once this is on stdout. */
  stopAfter?: string;
  signal?: NodeJS.Signals;
  /** Closes stdout after so many characters, as `head -c` does. */
  closeAfter?: number;
}

/** `lm ...words`, run in the folder `cwd`. */
export function lm(
  words: readonly string[],
  { cwd, env = {}, input, stopAfter, signal = 'SIGINT', closeAfter }: LmOptions,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const { NO_COLOR: _, FORCE_COLOR: __, ...own } = process.env;
    const child = spawn(process.execPath, [BIN, ...words], { cwd, env: { ...own, ...env } });
    if (input !== undefined) child.stdin.end(input);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const seen = stopAfter !== undefined && stdout.includes(stopAfter);
      stdout += text;
      if (stopAfter !== undefined && !seen && stdout.includes(stopAfter)) child.kill(signal);
      if (closeAfter !== undefined && stdout.length >= closeAfter) child.stdout.destroy();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** The objects of JSON Lines. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A text that is long enough for the tiny model, and easy to learn. */
export const TEXT = 'the cat sat on the mat and the dog sat on the log.\n'.repeat(20);
