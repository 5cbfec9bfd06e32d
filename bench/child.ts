/** Child processes: each piece of work has one of its own, so that its memory is its own and nothing is warm. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Job } from './ours.ts';

/** Runs a program that prints JSON on its last line. Throws with what it wrote to stderr when it fails. */
export function runJson(command: string, words: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    child.on('error', reject).on('close', (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split('\n').at(-1)!));
      else reject(new Error(`${command} ${words[0]} failed (exit code ${code}): ${errors.trim().slice(-2000)}`));
    });
  });
}

/** A Node that strips types by itself needs no loader, whose memory would count. */
const LOADER = 'typescript' in process.features && process.features.typescript ? [] : ['--import', 'tsx'];

/** Runs a script of this folder in a Node like this one. */
export function runNode(script: string, argument: unknown): Promise<unknown> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return runJson(process.execPath, [...LOADER, file, JSON.stringify(argument)]);
}

/** Runs a job of ours.ts. */
export function runOurs<J extends Job>(job: J): Promise<Outcome<J>> {
  return runNode('ours.ts', job) as Promise<Outcome<J>>;
}

type Outcome<J extends Job> = import('./ours.ts').Outcomes[J['work']['kind']];
