/** From the bytes of files to texts and examples, in tokens, with the vocabulary of their training part. */

export {
  type Corpus,
  type CorpusFormat,
  type CorpusOptions,
  type CorpusPart,
  type FileShare,
  readCorpus,
} from './corpus.ts';
export type { TextStatistics } from './count.ts';
export { type ExampleTask, exampleBatches } from './example-tasks.ts';
export { type ExampleCorpus, type ExampleOptions, type ExamplePart, readExamples } from './examples.ts';
export { readText, STDIN } from './files.ts';
export { expandPatterns } from './find-files.ts';
export { textLines } from './lines.ts';
export { type Remark, shortList } from './remarks.ts';
export type { FormatOptions } from './tables/formats.ts';
export { type FileFormat, fileFormats } from './tables/table.ts';
