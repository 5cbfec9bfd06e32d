/** Runs the command as a user would, outside the tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/lm.js', import.meta.url));

export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

export interface Surroundings {
  /** A shell command to run first, in the same process, such as `ulimit`. */
  before?: string;
  onStart?: (child: ChildProcess) => void;
  /** Called with the number of steps that `--json` has reported so far, when there are more. */
  onSteps?: (steps: number) => void;
}

/** `lm ...words` in `cwd`. */
export function lm(
  words: readonly string[],
  cwd: string,
  { before = ':', onStart, onSteps }: Surroundings = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const command = ['-c', `${before} && exec "$0" "$@"`, process.execPath, BIN, ...words];
    const child = spawn('sh', command, { cwd });
    onStart?.(child);
    let steps = 0;
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const more = text.split('"event":"step"').length - 1;
      steps += more;
      if (more > 0) onSteps?.(steps);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stderr }));
  });
}
