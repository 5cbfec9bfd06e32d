/** The kernels' types are those of their sources. */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

it('is what scripts/contract.ts writes', () => {
  const script = fileURLToPath(new URL('../../scripts/contract.ts', import.meta.url));
  expect(() => execFileSync(process.execPath, ['--import', 'tsx', script, '--check'], { stdio: 'pipe' })).not.toThrow();
});
