/** `lm info`: what a run is, or what this machine can do. */

import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Command } from 'commander';
import { variantReports } from '../engine/index.ts';
import { InputError } from '../errors.ts';
import { parameterCount, parameterShapes } from '../model/index.ts';
import { describeRun, findRun, modelConfig, readSummary } from '../train/index.ts';
import { count } from './format.ts';
import { printable, style, writeJsonLine, writeLine } from './terminal.ts';

interface Flags {
  system?: boolean;
  json?: boolean;
}

export function configure(command: Command): void {
  command
    .argument('[run]', "a run's folder, or a folder of runs for its newest (default: the newest in runs/)")
    .option('--system', 'Node, cores, and the kernel variants: which can be used, which is chosen, and why')
    .option('--json', 'one JSON object')
    .action((path: string | undefined, flags: Flags) => {
      if (!flags.system) return describe(path, flags.json ?? false);
      if (path !== undefined) throw new InputError('--system is about this machine: leave out the run.');
      return system(flags.json ?? false);
    });
}

async function describe(path: string | undefined, json: boolean): Promise<void> {
  const { folder, config, tokenizer } = describeRun(findRun(path));
  const model = modelConfig(config);
  const parameters = parameterShapes(model);
  const training = readSummary(folder);
  if (json) {
    const { gatelm, node, kernel, options, corpus } = config;
    const about = { run: folder, gatelm, node, kernel, model, options, corpus, tokenizer: tokenizer.kind };
    await writeJsonLine({ ...about, parameterCount: parameterCount(model), parameters, training });
    return;
  }
  const { cell, layers, hidden, embedding } = model;
  const { files } = config.options;
  await table([
    ['run', printable(folder)],
    ['written by', printable(`gatelm ${config.gatelm}, Node ${config.node}, kernel ${config.kernel}`)],
    ['corpus', files.length === 0 ? 'the default corpus' : printable(files.join(', '))],
    ['vocabulary', `${count(model.vocabulary)} ${tokenizer.kind === 'char' ? 'characters' : 'words'}`],
    ['model', `${cell} ${layers} x ${hidden}, ${embedding === 0 ? 'one-hot input' : `embedding ${embedding}`}`],
    ['parameters', count(parameterCount(model))],
    ...parameters.map(({ name, shape }): [string, string] => ['', `${name.padEnd(20)} [${shape.join(', ')}]`]),
    [
      'trained',
      `${count(training.step)} steps, ${count(training.tokens)} tokens, ${Math.round(training.elapsedSeconds)} s`,
    ],
    [
      'best',
      training.valLoss === null
        ? 'no evaluation'
        : `validation loss ${training.valLoss.toFixed(4)} at step ${training.bestStep}`,
    ],
  ]);
}

async function system(json: boolean): Promise<void> {
  // The fastest one comes first.
  const reports = variantReports();
  const chosen = reports.find(({ usable }) => usable);
  const kernels = reports.map((report) => ({ ...report, chosen: report === chosen }));
  const machine = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
  if (json) {
    await writeJsonLine({ ...machine, kernels });
    return;
  }
  await table([
    ['node', machine.node],
    ['platform', machine.platform],
    ['processor', `${machine.processor}, ${machine.cores} cores`],
    ['memory', `${Math.round(machine.memoryBytes / 2 ** 20)} MB`],
    ...kernels.map(({ variant, usable, chosen, why }, i): [string, string] => [
      i === 0 ? 'kernels' : '',
      `${variant.padEnd(8)}${chosen ? 'chosen' : usable ? 'usable' : 'not usable'}: ${why}`,
    ]),
  ]);
}

async function table(rows: [string, string][]): Promise<void> {
  for (const [name, value] of rows) await writeLine(`${style.cyan(name.padEnd(12))}${value}`);
}
