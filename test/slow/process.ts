/** Runs the command as a user would, outside the tests. */

import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/lm.js', import.meta.url));

export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/** `lm ...words --json` in `cwd`; `onSteps` is called with the number of steps reported so far, when there are more. */
export function lm(
  words: readonly string[],
  cwd: string,
  { onStart, onSteps }: { onStart?: (child: ChildProcess) => void; onSteps?: (steps: number) => void } = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, ...words, '--json'], { cwd });
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
