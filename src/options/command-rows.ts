/** Options of the commands: what `lm train` takes beside the options of a run, and what the other commands take. */

import { fileFormats } from '../text/index.ts';
import {
  above0,
  atLeast0,
  boolean,
  COUNT,
  choice,
  integer,
  real,
  sideBySide,
  text,
  texts,
  threadCount,
} from './readers.ts';
import { type OptionRow, row } from './row.ts';

const json = row(boolean, { help: 'one JSON object' });
const svg = row(text, { value: 'file', help: 'write the plot to an SVG file' });

/** What is the same for several rows. */
type Shared = Pick<OptionRow<unknown>, 'tasks' | 'group'>;

/** How a text that is written may repeat itself. */
function repetition(shared: Shared) {
  return {
    repetitionPenalty: row(above0, {
      value: 'r',
      also: ['repeatPenalty'],
      help: 'above 1 repeats less',
      defaultText: '1',
      ...shared,
    }),
    repetitionWindow: row(integer(1, COUNT), {
      value: 'n',
      help: 'with --repetition-penalty: how many of the last tokens it is for',
      defaultText: '64',
      ...shared,
    }),
    noRepeatNgram: row(integer(1, COUNT), {
      value: 'n',
      also: ['noRepeatNgramSize'],
      help: 'let no n tokens in a row occur twice',
      ...shared,
    }),
  };
}

/** Diverse beam search. */
function diverseBeams(shared: Shared) {
  return {
    beamGroups: row(sideBySide, {
      value: 'g',
      also: ['numBeamGroups'],
      help: 'with --beam: search in g groups that are kept apart (Vijayakumar et al. 2016)',
      defaultText: '1',
      ...shared,
    }),
    beamDiversity: row(atLeast0, {
      value: 'nats',
      also: ['diversityPenalty', 'diverseBeamStrength'],
      help: 'with --beam-groups: how strongly they are kept apart',
      defaultText: '0.5',
      ...shared,
    }),
  };
}

/** `lm train`: where a run is written, what it starts from, and what is reported. */
export const runOptions = {
  name: row(text, {
    value: 'name',
    help: "the run's name",
    defaultText: "the first file's; a free one for the default corpus",
  }),
  out: row(text, {
    value: 'dir',
    help: 'folder to write the run to; with --name, folder of runs',
    defaultText: 'runs/<name>',
  }),
  overwrite: row(boolean, { help: 'replace the run that is there' }),
  resume: row(text, {
    value: 'dir',
    also: ['restore', 'continue'],
    help: 'go on with the run in this folder, exactly; limits may be raised',
  }),
  fromPrevious: row(boolean, { help: 'with --resume: from the checkpoint before the last, where that is damaged' }),
  initFrom: row(text, {
    value: 'dir',
    also: ['pretrained', 'finetune', 'loadFrom'],
    help: 'start from the weights of this run, on another text; shared tokens keep theirs',
  }),
  config: row(text, {
    value: 'file',
    help: 'read options from JSON, such as the config.json of a run; flags win over it',
  }),
  json: row(boolean, { help: 'report as JSON Lines on stdout' }),
  quiet: row(boolean, { help: 'report nothing but warnings and errors' }),
};

/** `lm sample`. */
export const sampleOptions = {
  prompt: row(text, {
    group: 'Text:',
    value: 'text',
    also: ['primetext', 'startText', 'seedText', 'context'],
    help: 'text to go on from',
  }),
  promptFile: row(text, {
    group: 'Text:',
    value: 'file',
    help: 'the same from a file (- for stdin), without its last line end',
  }),
  label: row(text, {
    group: 'Text:',
    value: 'label',
    help: 'in a run of --format labelled: the label of the text',
    defaultText: 'one that the model chooses',
  }),
  length: row(integer(0, COUNT), {
    group: 'Text:',
    value: 'n',
    also: ['maxTokens', 'maxNewTokens', 'maxLength', 'numTokens'],
    help: 'most tokens of a sample',
    defaultText: '500 characters, 150 words',
  }),
  temperature: row(atLeast0, {
    group: 'Drawing tokens:',
    value: 't',
    help: 'lower is safer, higher bolder, 0 greedy',
    defaultText: '0.8',
  }),
  topK: row(integer(0, COUNT), {
    group: 'Drawing tokens:',
    value: 'k',
    help: 'only the k likeliest tokens',
    defaultText: '0, all',
  }),
  topP: row(
    real('a number above 0, up to 1', (p) => p > 0 && p <= 1),
    {
      group: 'Drawing tokens:',
      value: 'p',
      also: ['nucleus'],
      help: 'only the likeliest tokens that make up this probability',
      defaultText: '1, all',
    },
  ),
  minP: row(
    real('a number from 0 to 1', (p) => p >= 0 && p <= 1),
    {
      group: 'Drawing tokens:',
      value: 'p',
      help: 'only tokens at least this share as likely as the likeliest',
      defaultText: '0, all',
    },
  ),
  ...repetition({ group: 'Repetition:' }),
  greedy: row(boolean, { group: 'Drawing tokens:', also: ['argmax'], help: 'always the likeliest token' }),
  beam: row(sideBySide, {
    group: 'Searching:',
    value: 'w',
    also: ['numBeams', 'beamSize', 'beamWidth'],
    help: 'search for the likeliest text with w hypotheses side by side',
  }),
  lengthPenalty: row(atLeast0, {
    group: 'Searching:',
    value: 'a',
    help: 'with --beam: above 0 favours longer texts',
    defaultText: '0',
  }),
  ...diverseBeams({ group: 'Searching:' }),
  samples: row(sideBySide, {
    group: 'Drawing tokens:',
    value: 'n',
    also: ['numSamples', 'numReturnSequences'],
    help: 'how many; with --beam, the n best',
    defaultText: '1',
  }),
  seed: row(integer(0, COUNT), {
    group: 'Drawing tokens:',
    value: 'n',
    help: 'the same seed gives the same text',
    defaultText: 'a random one',
  }),
  stop: row(texts, {
    group: 'Text:',
    value: 'text',
    help: 'end a sample before this text; may be repeated',
    repeatable: true,
  }),
  checkCopies: row(boolean, {
    group: 'Text:',
    help: 'look for what was written in the training text, and tell the longest run copied',
  }),
  allowSpecial: row(boolean, { group: 'Drawing tokens:', help: 'let <unk>, <bos> and <pad> be drawn, and write them' }),
  interactive: row(boolean, {
    group: 'Text:',
    help: 'a prompt at which to write in turns with the model, as on a terminal without --prompt',
  }),
  json: row(boolean, { group: 'Text:', help: 'one JSON object a sample, with text, tokens and log-probabilities' }),
};

/** `lm predict`. */
export const predictOptions = {
  file: row(text, {
    group: 'Questions and answers:',
    value: 'file',
    also: ['input', 'src'],
    help: 'ask about each line of this file',
  }),
  top: row(sideBySide, {
    group: 'Questions and answers:',
    value: 'n',
    also: ['nBest', 'nbest'],
    help: 'answers for each text, the likeliest first',
    defaultText: '1',
  }),
  length: row(integer(1, COUNT), {
    group: 'Questions and answers:',
    value: 'n',
    help: "translate: most tokens (default: the longest target's); fill: tokens of a blank",
    defaultText: 'as many as join best',
    tasks: ['translate', 'fill'],
  }),
  beam: row(sideBySide, {
    group: 'Searching (translate, fill):',
    value: 'w',
    also: ['numBeams', 'beamSize', 'beamWidth'],
    help: 'translate, fill: search with w hypotheses side by side',
    defaultText: 'translate greedily, fill with 16',
    tasks: ['translate', 'fill'],
  }),
  lengthPenalty: row(atLeast0, {
    group: 'Searching (translate, fill):',
    value: 'a',
    help: 'translate, with --beam: above 0 favours longer ones',
    defaultText: '0',
    tasks: ['translate'],
  }),
  ...diverseBeams({ tasks: ['translate'], group: 'Searching (translate, fill):' }),
  ...repetition({ tasks: ['translate'], group: 'Repetition (translate):' }),
  temperature: row(atLeast0, {
    group: 'Drawing (translate, fill):',
    value: 't',
    help: 'translate, fill: draw instead of search, from a sharper distribution below 1; fill draws by Gibbs sampling',
    tasks: ['translate', 'fill'],
  }),
  samples: row(sideBySide, {
    group: 'Drawing (translate, fill):',
    value: 'n',
    help: 'with --temperature: how many are drawn',
    defaultText: '1',
    tasks: ['translate', 'fill'],
  }),
  seed: row(integer(0, COUNT), {
    group: 'Drawing (translate, fill):',
    value: 'n',
    help: 'with --temperature: another seed draws others',
    defaultText: '1',
    tasks: ['translate', 'fill'],
  }),
  strict: row(boolean, {
    group: 'Questions and answers:',
    help: "refuse a text longer than the run's --max-length, instead of cutting it",
    tasks: 'examples',
  }),
  showAttention: row(boolean, {
    group: 'Questions and answers:',
    help: 'translate: draw where the decoder looks, source along the top, target down',
    tasks: ['translate'],
  }),
  interactive: row(boolean, {
    group: 'Questions and answers:',
    help: 'a prompt for texts, as on a terminal without any',
  }),
  json: row(boolean, { group: 'Questions and answers:', help: 'one JSON object an answer' }),
};

/** `lm score`. */
export const scoreOptions = {
  file: row(text, { value: 'file', also: ['input'], help: 'score each line of this file (- for stdin)' }),
  perToken: row(boolean, { help: 'a line for each token, with its rank and the likeliest ones' }),
  top: row(sideBySide, {
    value: 'n',
    help: 'with --per-token: how many of the likeliest tokens',
    defaultText: '3',
  }),
  interactive: row(boolean, { help: 'a prompt for texts, as on a terminal without any' }),
  json: row(boolean, { help: 'one JSON object a text' }),
};

/** `lm eval`. */
export const evalOptions = {
  lossy: row(boolean, { help: 'replace invalid UTF-8 by U+FFFD' }),
  columns: row(text, {
    value: 'where',
    help: 'which columns of a table to read, by number or name',
    defaultText: "the run's",
    tasks: ['lm', 'classify', 'tag', 'translate'],
  }),
  fileFormat: row(choice(...fileFormats), {
    value: 'format',
    help: 'how the files are written',
    defaultText: "the run's",
    tasks: ['lm', 'classify', 'tag', 'translate'],
  }),
  strict: row(boolean, {
    help: 'refuse what is too long, and labels that the model does not know, in place of counting them',
  }),
  threads: row(threadCount, { value: 'n', help: 'threads to compute on', defaultText: 'one a core' }),
  beam: row(sideBySide, {
    value: 'w',
    help: 'translate: search with w hypotheses side by side',
    defaultText: 'greedy',
    tasks: ['translate'],
  }),
  json,
};

/** The parts of `lm inspect`. */
export const inspectOptions = {
  agreement: {
    pairs: row(text, {
      value: 'file',
      help: 'questions, one a line: prefix, right form, wrong form, and maybe number of attractors and distance, with tabs between them',
      defaultText: 'those of the agreement corpus',
    }),
    json,
  },
  gradients: {
    atInit: row(boolean, { help: 'with fresh weights of the same shapes, by the seeds of the runs' }),
    length: row(integer(1, 10_000), { value: 'k', help: 'most steps back', defaultText: '200' }),
    file: row(text, {
      value: 'file',
      help: 'text to take the losses from',
      defaultText: 'what the run was validated on',
    }),
    svg,
    json,
  },
  gates: {
    file: row(text, { value: 'file', help: 'take the text from a file, in numbers alone' }),
    units: row(integer(1, 10_000), { value: 'n', help: 'units of a layer to show', defaultText: '8' }),
    json,
  },
};

/** `lm info`. */
export const infoOptions = {
  system: row(boolean, { help: 'Node, cores, and the kernel variants: which can be used, which is chosen, and why' }),
  json,
};

/** What orders the list of runs. */
const runOrders = ['when', 'loss', 'time', 'name'] as const;
export type RunOrder = (typeof runOrders)[number];

/** `lm runs`. */
export const runsOptions = {
  sort: row(choice(...runOrders), {
    value: 'by',
    help: 'the newest, the lowest loss, the longest training or the first name on top',
    defaultText: 'when',
  }),
  json: row(boolean, { help: 'one JSON object a run' }),
};

/** What losses are drawn over. */
const curveAxes = ['step', 'time', 'epoch', 'token'] as const;
export type CurveAxis = (typeof curveAxes)[number];

/** `lm plot`. */
export const plotOptions = {
  by: row(choice(...curveAxes), { value: 'axis', help: 'what the losses are drawn over', defaultText: 'step' }),
  svg,
  json,
};

/** `lm compare`. */
export const compareOptions = {
  by: row(choice(...curveAxes), {
    value: 'axis',
    help: 'what the losses are drawn over',
    defaultText: 'step, and time in a second plot',
  }),
  svg: row(text, { value: 'file', help: 'write the first plot to an SVG file' }),
  json,
};
