#!/usr/bin/env node
// The `lm` command: nothing but a call into the compiled program.
import { existsSync } from 'node:fs';
import module from 'node:module';

// Keeps what V8 compiles for the next start; Node 22 and newer.
module.enableCompileCache?.();

const program = new URL('../dist/command/main.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error('error: gatelm is not built; run `npm run build` in its folder first.');
  process.exitCode = 1;
}
