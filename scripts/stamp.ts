/** `npx tsx scripts/stamp.ts`: writes into dist/ which sources it was built from; the end of `npm run build`. */

import { writeFileSync } from 'node:fs';
import { digestOf, STAMP_FILE } from '../src/engine/sources.ts';

writeFileSync(new URL(`../dist/${STAMP_FILE}`, import.meta.url), `${digestOf(new URL('../src/', import.meta.url))}\n`);
