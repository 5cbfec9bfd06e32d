/** Child processes: each piece of work has one of its own, so that its memory is its own and nothing is warm. */

import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Job } from './ours.ts';

/** Share of the processors' time taken by other programs from which a measurement is called disturbed. */
const DISTURBED = 0.05;

/**
 * Runs a program that prints a JSON object on its last line. Throws with what it wrote to stderr when it fails. If the object has
 * `processorSeconds`, what the program used, a line on stderr tells when others used much meanwhile.
 */
export function runJson(command: string, words: readonly string[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    const began = { time: performance.now(), busy: busySeconds() };
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    child.on('error', reject).on('close', (code) => {
      if (code !== 0) {
        reject(new Error(`${command} ${words[0]} failed (exit code ${code}): ${errors.trim().slice(-2000)}`));
        return;
      }
      const result = JSON.parse(output.trim().split('\n').at(-1)!) as { processorSeconds?: number };
      const { processorSeconds = Number.NaN } = result;
      const available = ((performance.now() - began.time) / 1000) * cpus().length;
      const others = (busySeconds() - began.busy - processorSeconds) / available;
      if (others > DISTURBED) {
        process.stderr.write(`disturbed: other programs took ${(others * 100).toFixed(0)} % of the processors\n`);
      }
      resolve(result);
    });
  });
}

/** Seconds that all processors together have worked since the machine started. */
function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}

/** Flags with which Node runs TypeScript: none where it strips types by itself, so that no loader's memory counts. */
const NODE_FLAGS = 'typescript' in process.features && process.features.typescript ? [] : ['--import', 'tsx'];

/** Runs a script of this folder in a Node like this one. */
export function runNode(script: string, argument: unknown): Promise<unknown> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  return runJson(process.execPath, [...NODE_FLAGS, file, JSON.stringify(argument)]);
}

/** Runs a job of ours.ts. */
export function runOurs<J extends Job>(job: J): Promise<Outcome<J>> {
  return runNode('ours.ts', job) as Promise<Outcome<J>>;
}

type Outcome<J extends Job> = import('./ours.ts').Outcomes[J['work']['kind']];
