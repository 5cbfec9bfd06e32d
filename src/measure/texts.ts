/** Texts as they are measured: read by the model's own vocabulary. */

import type { Model } from '../ask/index.ts';
import { type CorpusPart, readCorpus } from '../text/index.ts';
import type { MeterOptions, Source } from './meter.ts';

/** Reads a text, and lets go of it when it has been used. */
export async function withText<T>(
  { config, tokenizer }: Model,
  { paths, reading, part }: Source,
  { onRemark }: Pick<MeterOptions, 'onRemark'>,
  use: (part: CorpusPart) => Promise<T>,
): Promise<T> {
  const corpus = await readCorpus(paths, { ...reading, format: config.options.format, tokenizer });
  try {
    corpus.remarks.forEach(onRemark);
    return await use(corpus[part]!);
  } finally {
    corpus.close();
  }
}
