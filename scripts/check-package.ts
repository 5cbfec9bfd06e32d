/**
 * Checks the package as its users get it: packs it, unpacks it into a project of its own, compiles a program against its
 * types as strictly as the compiler can (library files included), and runs it. Needs a build, but no network.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Uses what the library exports: every function with its options, every type of a result. */
const PROGRAM = `
import {
  type Evaluation, type Filling, type GivenOptions, type LabelProbability, type Model, type Run, type SampledToken,
  type TaggedToken, type TrainEvent, type TrainOptions, type Translation,
  classify, evaluate, fill, InputError, load, RunError, sample, search, tag, train, translate,
} from 'gatelm';

const given: GivenOptions = { cell: 'lstm', hidden: 8, layers: 1, batchSize: 2, seqLength: 4, threads: 1, steps: 2 };
const folder: string = process.argv[2] ?? '';
const text: string = process.argv[3] ?? '';
const events: TrainEvent['event'][] = [];
const { run, done } = await train({
  ...given,
  files: [text],
  out: folder,
  signal: new AbortController().signal,
  onEvent: (event) => {
    events.push(event.event);
  },
});
const reason: string = done.reason;
const model: Model = load(run);
const options: TrainOptions = model.config.options;
const hidden: number = options.hidden;
let written = '';
for (const token of sample(model, { length: 5, seed: 1, stop: ['never'] })) {
  const { text, logProbability }: SampledToken = token;
  if (logProbability <= 0) written += text;
}
const [best] = search(model, { width: 2, length: 3 });
const measured: Evaluation<'lm'> = await evaluate(load(run, 'lm'), [text], { threads: 1 });
const perplexity: number = measured.files[0]?.perplexity ?? measured.perplexity;
const any = load(run);
if (any.task !== 'lm' || !((await evaluate(any, [text])).perplexity > 1 && perplexity > 1)) throw new Error('no perplexity');

/** Never called: other tasks than the run's. */
export async function others(other: Model): Promise<void> {
  const labels: LabelProbability[][] = classify(other, ['a'], { where: (i) => String(i) });
  const tags: TaggedToken[][] = tag(other, ['a']);
  const translations: Translation[][] = translate(other, ['a'], { beam: 2, attention: true });
  const fillings: Filling[][] = fill(other, ['a ____'], { top: 2 });
  const whole: Run = other;
  console.log(labels, tags, translations, fillings, whole.parameters[0]?.data.length);
  const result = await evaluate(other, []);
  if (result.task === 'classify') console.log(result.macroF1, result.confusion[0]?.[0], result.files[0]?.file);
  const { macroF1 }: Evaluation<'tag'> = await evaluate(load('runs/tags', 'tag'));
  // @ts-expect-error a translator has no macro F1
  console.log(macroF1, (await evaluate(load('runs/numbers', 'translate'))).macroF1);
  // @ts-expect-error no such option
  sample(other, { temprature: 1 });
  // @ts-expect-error a translation has no macro F1
  if (result.task === 'translate') console.log(result.macroF1);
  // @ts-expect-error no cell of that name
  await train({ cell: 'transformer' });
  // @ts-expect-error no such option
  await train({ hiden: 3 });
}

try {
  await train({ hidden: -1 });
} catch (error) {
  if (!(error instanceof InputError) || error instanceof RunError) throw error;
  console.log(error.message);
}
console.log([reason, hidden, written.length > 0, typeof best?.text, events[0], events.at(-1)].join(' '));
`;

/** What it prints: options are named as the library has them. */
const EXPECTED = `hidden must be a whole number from 1 to 65,536, not -1.
steps 8 true string start done
`;

const COMPILER = {
  target: 'es2023',
  lib: ['es2023'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  skipLibCheck: false,
  outDir: 'out',
  rootDir: '.',
};

/** Kinds of projects: with Node alone, with a bundler, and with the types of browsers. */
const KINDS = [
  { module: 'nodenext' },
  { module: 'esnext', moduleResolution: 'bundler' },
  { module: 'nodenext', lib: ['es2023', 'dom'] },
];

function run(command: string, words: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, words, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    process.stderr.write((error as { stdout?: string }).stdout ?? '');
    throw new Error(`${command} ${words.join(' ')} failed.`);
  }
}

/** An empty project that has the package installed. */
function installed(project: string): void {
  const [{ filename }] = JSON.parse(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], ROOT),
  ) as { filename: string }[];
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, 'gatelm'), { recursive: true });
  run('tar', ['-xzf', join(project, filename), '--strip-components=1', '-C', join(modules, 'gatelm')], project);
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of ['@types', ...Object.keys(dependencies)]) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
}

const project = mkdtempSync(join(tmpdir(), 'gatelm-package-'));
try {
  installed(project);
  writeFileSync(join(project, 'program.ts'), PROGRAM);
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  for (const how of KINDS) {
    const config = { compilerOptions: { ...COMPILER, ...how }, files: ['program.ts'] };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
    run(tsc, [], project);
  }
  const text = join(project, 'text.txt');
  writeFileSync(text, 'the cat sat on the mat and the dog sat on the log.\n'.repeat(9));
  const printed = run(process.execPath, ['out/program.js', join(project, 'run'), text], project);
  if (printed !== EXPECTED) throw new Error(`The program printed\n${printed}in place of\n${EXPECTED}`);
  const version = run(process.execPath, ['node_modules/gatelm/bin/lm.js', '--version'], project).trim();
  console.log(`gatelm ${version}: the packed types compile in a strict project, and the program runs.`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
