/**
 * Kills training processes at many random moments and compares what comes out with runs that nobody stopped, bit for bit.
 *
 *     npm run test:kill -- --count 200 --seed 1
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { createRandom, type Random } from '../../src/random.ts';
import { contents, type Moment, randomMoment, SCENARIOS, trainKilled, trainWhole } from './killing.ts';

const { values } = parseArgs({
  options: { count: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const random = createRandom(Number(values.seed));

function* moments(random: Random): Generator<Moment> {
  for (;;) yield randomMoment(random);
}

const base = mkdtempSync(join(tmpdir(), 'gatelm-kill-'));
const place = (name: string, text: string): string => {
  const cwd = mkdtempSync(join(base, name));
  writeFileSync(join(cwd, 'text.txt'), text);
  return cwd;
};

let kills = 0;
let amidWrite = 0;
let runs = 0;
try {
  const whole = new Map<string, object>();
  while (kills < count) {
    for (const [name, { text, flags }] of Object.entries(SCENARIOS)) {
      if (!whole.has(name)) {
        const cwd = place('whole-', text);
        await trainWhole(flags, cwd);
        whole.set(name, contents(cwd));
      }
      const cwd = place('killed-', text);
      const found = await trainKilled(flags, cwd, moments(random));
      if (!isDeepStrictEqual(contents(cwd), whole.get(name))) {
        console.log(JSON.stringify({ killed: contents(cwd), whole: whole.get(name) }));
        throw new Error(`A run of ${name} that was killed ${found.kills} times differs from the one that was not.`);
      }
      kills += found.kills;
      amidWrite += found.amidWrite;
      runs++;
      console.log(
        `${kills} kills, ${amidWrite} of them while a file was written, in ${runs} runs: all equal (${name})`,
      );
      rmSync(cwd, { recursive: true });
    }
  }
} finally {
  rmSync(base, { recursive: true, force: true });
}
