/** `lm inspect`: what a trained model prefers, how far back its gradients reach, and what its gates do. */

import type { Command } from 'commander';
import { InputError } from '../errors.ts';
import { inspectOptions, nearest } from '../options/index.ts';
import { addExamples, addFlags } from './flags.ts';

const RUN = "a run's folder, or a folder of runs for its newest";

export function configure(command: Command): void {
  // What is none of the commands below.
  command.allowExcessArguments().action(() => {
    const meant = nearest(command.args[0] ?? '', Object.keys(inspectOptions));
    throw new InputError(
      meant === undefined
        ? 'Say what to look at: lm inspect agreement, gradients or gates; see lm inspect --help.'
        : `There is no lm inspect ${command.args[0]}: did you mean lm inspect ${meant}?`,
    );
  });

  const part = (name: keyof typeof inspectOptions, about: string): Command => command.command(name).description(about);

  const agreement = part('agreement', 'how often the right one of two forms is likelier after a prefix')
    .argument('[run]', `${RUN} (default: the newest in runs/)`)
    .action(async (run, flags) => (await import('./inspect-agreement.ts')).agreement(run, flags));
  addFlags(agreement, inspectOptions.agreement);
  addExamples(agreement, {
    'lm inspect agreement runs/agreement': 'singular or plural, by distance and attractors',
  });

  const gradients = part('gradients', 'how the gradient of the loss shrinks on its way back through the states')
    .argument('<runs...>', RUN)
    .action(async (runs, flags) => (await import('./inspect-gradients.ts')).gradients(runs, flags));
  addFlags(gradients, inspectOptions.gradients);
  addExamples(gradients, {
    'lm inspect gradients runs/my runs/tales --length 50': 'two runs in one plot',
    'lm inspect gradients runs/my --at-init --length 50': 'with fresh weights',
  });

  const gates = part('gates', 'what the gates do: over a text, and from token to token')
    .argument('<run>', RUN)
    .argument('[text]', 'a text to show token by token (default: what the run was validated on, in numbers alone)')
    .action(async (run, text, flags) => (await import('./inspect-gates.ts')).gates(run, text, flags));
  addFlags(gates, inspectOptions.gates);
  addExamples(gates, { 'lm inspect gates runs/my "The fox said"': 'the gates from token to token' });
  addExamples(command, {
    'lm inspect gates runs/my "The fox said"': 'the gates from token to token',
    'lm inspect gradients runs/my --length 50': 'how far back gradients reach',
    'lm inspect agreement runs/agreement': 'singular or plural',
  });
}
