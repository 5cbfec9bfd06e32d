/** Tables in the formats that people have: recognised where that is safe, told otherwise, and refused with the reason. */

import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InputError } from '../../../src/errors.ts';
import {
  type Documents,
  type ExampleCorpus,
  type ExampleOptions,
  type ExampleTask,
  readCorpus,
  readExamples,
} from '../../../src/text/index.ts';
import { temporaryFolder } from '../../temporary.ts';

function file(content: string, name: string): string {
  const at = path.join(temporaryFolder(), name);
  fs.writeFileSync(at, content);
  return at;
}

async function read(
  content: string,
  task: ExampleTask,
  more: Partial<ExampleOptions> & { name?: string } = {},
): Promise<ExampleCorpus> {
  const { name = 'a.txt', ...options } = more;
  const tokenizer = { kind: 'char', minCount: 1 } as const;
  const corpus = await readExamples([file(content, name)], { task, tokenizer, maxLength: 1000, ...options });
  onTestFinished(corpus.close);
  return corpus;
}

function idsOf({ tokens, starts, lengths }: Documents): number[][] {
  return [...starts].map((start, i) => {
    const ids = new Int32Array(lengths[i]);
    tokens.read(start, lengths[i], ids, 0);
    return [...ids];
  });
}

/** Examples as `label: text`, `token/tag token/tag`, or `source > target`. */
function shown({ task, train: { examples }, tokenizer, targetTokenizer, labels }: ExampleCorpus): string[] {
  const outputs = idsOf(examples.outputs);
  return idsOf(examples.inputs).map((ids, i) => {
    if (task === 'classify') return `${labels[outputs[i][0]]}: ${tokenizer.decode(ids)}`;
    if (task === 'translate') return `${tokenizer.decode(ids)} > ${targetTokenizer!.decode(outputs[i])}`;
    return ids.map((id, at) => `${tokenizer.vocabulary[id]}/${labels[outputs[i][at]]}`).join(' ');
  });
}

const said = ({ remarks }: ExampleCorpus): string[] =>
  remarks.flatMap(({ about, text }) => (about === 'format' ? [text.replace(/^.*\.\w+ read as /, '')] : []));

const TWO = ['red: a warm lamp', 'blue: cold water'];

describe('a table of texts and labels', () => {
  it.each<[string, string, string, Partial<ExampleOptions>?]>([
    ['a.csv', 'red,a warm lamp\nblue,cold water\n', 'CSV, label from column 1, text from column 2.'],
    [
      'a.csv',
      'text,label\na warm lamp,red\ncold water,blue\n',
      'CSV with a header row, label from label, text from text.',
    ],
    [
      'a.csv',
      '\ufeff"Text";"Label"\r\n"a warm lamp";red\r\ncold water;"blue"\r\n',
      'CSV with a header row, label from Label, text from Text.',
    ],
    [
      'a.csv',
      'id,review,sentiment\r1,a warm lamp,red\r2,cold water,blue\r',
      'CSV with a header row, label from sentiment, text from review.',
    ],
    [
      'a.txt',
      'label,text\nred,a warm lamp\nblue,cold water\n',
      'CSV with a header row, label from label, text from text.',
    ],
    [
      'a.tsv',
      'text\tlabel\na warm lamp\tred\ncold water\tblue\n',
      'a table parted by tabs with a header row, label from label, text from text.',
    ],
    [
      'a.tsv',
      '"red"\t"a warm lamp"\n"blue"\t"cold water"\n',
      'a table parted by tabs with quotes, label from column 1, text from column 2.',
    ],
    [
      'a.csv',
      'v1,v2,,\nred,a warm lamp,,\nblue,cold water,,\n',
      'CSV with a header row, label from v1, text from v2.',
      { columns: 'label=v1,text=v2' },
    ],
    [
      'a.tsv',
      '7\ta warm lamp\tred\n8\tcold water\tblue\n',
      'a table parted by tabs, label from column 3, text from column 2.',
      { columns: 'text=2, label=3' },
    ],
    [
      'a.csv',
      'a warm lamp,red\ncold water,blue\n',
      'CSV, label from column 2, text from column 1.',
      { columns: 'label=2,text=1' },
    ],
    [
      'a.csv',
      '"a warm lamp","red","2"\n"cold water","blue","1"\n',
      'CSV, label from column 2, text from column 1.',
      { columns: 'label=2,text=1' },
    ],
    [
      'a.data',
      'red;a warm lamp\nblue;cold water\n',
      'CSV, label from column 1, text from column 2.',
      { fileFormat: 'csv' },
    ],
    [
      'a.jsonl',
      '{"text": "a warm lamp", "label": "red"}\n\n{"label": "blue", "text": "cold water", "id": 7}\n',
      'JSON Lines, label from label, text from text.',
    ],
    [
      'a.json',
      '{"body": "a warm lamp", "category": "red"}\n{"body": "cold water", "category": "blue"}',
      'JSON Lines, label from category, text from body.',
      { columns: 'label=category,text=body' },
    ],
  ])('%s, %j', async (name, content, how, more) => {
    const corpus = await read(content, 'classify', { name, ...more });
    expect(shown(corpus)).toEqual(TWO);
    expect(said(corpus)).toEqual([how]);
  });

  it('with quotes may have its delimiter, line ends and quotes inside of a field', async () => {
    const text = 'label,text\nred,"a ""warm"", lamp\nby the well"\nblue,5" of cold\nblue," x "\n';
    const corpus = await read(text, 'classify', { name: 'a.csv' });
    const expected = ['red: a "warm", lamp\nby the well', 'blue: 5" of cold', 'blue:  x '];
    expect(shown(corpus)).toEqual(expected);
    const tabs = text.replace(/^(label|red|blue),/gm, '$1\t').replace('5" of', 'five');
    expect(shown(await read(tabs, 'classify', { name: 'a.tsv', fileFormat: 'csv' }))[0]).toEqual(expected[0]);
    // As pandas writes it, which quotes where it must.
    const few = 'red\t"a ""warm"" lamp"\nblue\tcold\n';
    expect(shown(await read(few, 'classify'))).toEqual(['red: a "warm" lamp', 'blue: cold']);
  });

  it('has quotes that quote nothing in a file of tabs', async () => {
    const corpus = await read('red\t"Well," said the fox\nblue\t"Quite"\n', 'classify');
    expect(shown(corpus)).toEqual(['red: "Well," said the fox', 'blue: "Quite"']);
    expect(said(corpus)).toEqual([]);
  });

  it('is read across the pieces of a large file, and as classes of numbers', async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `${i % 3},"text, number ${i} of this table"`);
    const corpus = await read(`label,text\n${rows.join('\n')}\n`, 'classify', { name: 'a.csv' });
    expect(corpus.labels).toEqual(['0', '1', '2']);
    const all = shown(corpus);
    expect(all).toHaveLength(60_000);
    expect([all[0], all[59_999]]).toEqual(['0: text, number 0 of this table', '2: text, number 59999 of this table']);
  });

  it('may be that of a language model of labelled text', async () => {
    const corpus = await readCorpus([file('text,label\nwarm,red\ncold,blue\n', 'a.csv')], {
      format: 'labelled',
      tokenizer: { kind: 'char' },
    });
    expect(corpus.tokenizer.labels).toEqual(['blue', 'red']);
    expect(corpus.remarks).toMatchObject([{ about: 'format', count: 1 }]);
    corpus.close();
  });

  it.each<[string, string, RegExp, Partial<ExampleOptions>?]>([
    [
      'a.csv',
      'id,a,b\n1,red,x\n',
      /a\.csv has 3 columns, "id", "a", "b": say which have label and text, as in columns: /,
    ],
    ['a.csv', 'label,text\nred,x\nblue\n', /a\.csv, line 3, has 1 column, where the first row has 2\./],
    ['a.csv', 'label,text\nred,x\nblue,a,b\n', /a\.csv, line 3, has 3 columns, where the first row has 2\./],
    ['a.csv', 'label,text\nred,x\n ,y\n', /a\.csv, line 3, has a text without a label/],
    ['a.csv', 'label,text\nred,"x\nblue,y\n', /a\.csv is no whole CSV: .*mend its quotes, or give fileFormat: "tab"/],
    ['a.tsv', 'red\tx\tother\n', /a\.tsv, line 1, has more than one tab: .* or name the columns/],
    [
      'a.csv',
      'label,text\nred,x\n',
      /a\.csv has no column body .*: its first row has 2, "label", "text"/,
      { columns: 'text=body' },
    ],
    ['a.tsv', 'red\tx\n', /no column 3 /, { columns: 'label=1,text=3' }],
    ['a.tsv', 'red\tx\n', /does not say which column of .*a\.tsv has the text/, { columns: 'label=1' }],
    ['a.tsv', 'red\tx\n', /must name columns by number or name, such as label=1,text=2/, { columns: 'token=1' }],
    ['a.tsv', 'red\tx\n', /must name columns/, { columns: 'label' }],
    ['a.tsv', 'red\tx\n', /is not what fileFormat: "jsonl" says/, { fileFormat: 'jsonl' }],
    ['a.jsonl', '{"a": 1, "b": "x"}\n', /a\.jsonl has 2 columns, "a", "b": say which have label and text/],
    [
      'a.jsonl',
      '{"label": 1, "text": "x"}\n{"label": null, "text": "y"}\n',
      /line 2, has no text in its field "label"/,
    ],
    ['a.jsonl', '{"label": 1, "text": "x"}\nx\n', /line 2, is no JSON object/],
  ])('%s, %j is refused', async (name, content, message, more) => {
    const reading = read(content, 'classify', { name, ...more });
    await expect(reading).rejects.toThrow(InputError);
    await expect(reading).rejects.toThrow(message);
  });
});

describe('a table of pairs', () => {
  it.each([
    ['a.csv', 'source,target\n4,four\n5,five\n'],
    ['a.jsonl', '{"src": "4", "tgt": "four"}\n{"src": "5", "tgt": "five"}\n'],
    ['a.tsv', 'input\toutput\n4\tfour\n5\tfive\n'],
  ])('%s, %j', async (name, content) => {
    expect(shown(await read(content, 'translate', { name }))).toEqual(['4 > four', '5 > five']);
  });
});

const SENTENCES = ['Otto/B-PER leaves/O', 'Gull/B-ORG'];

describe('a table of tokens and tags', () => {
  const universal = [
    '# sent_id = 1',
    "# text = Otto doesn't",
    '1\tOtto\tOtto\tPROPN\tNNP\t_\t2\tnsubj\t_\t_',
    "2-3\tdoesn't\t_\t_\t_\t_\t_\t_\t_\t_",
    '2\tdoes\tdo\tAUX\tVBZ\t_\t0\troot\t_\t_',
    "3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t_\t_",
    '3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t2:conj\t_',
    '',
    '# newpar',
    '1\t#\t#\tSYM\tNN\t_\t0\troot\t_\t_',
    '',
  ].join('\n');

  it('of CoNLL-U has its words, by part of speech', async () => {
    const corpus = await read(universal, 'tag', { name: 'a.conllu' });
    expect(shown(corpus)).toEqual(["Otto/PROPN does/AUX n't/PART", '#/SYM']);
    expect(said(corpus)).toEqual([
      'CoNLL-U, token from FORM, tag from UPOS; 5 lines of comments, ends of documents, ranges and empty nodes left out.',
    ]);
    const other = await read(universal, 'tag', { columns: 'token=lemma,tag=5' });
    expect(shown(other)[0]).toBe('Otto/NNP do/VBZ not/RB');
  });

  it.each<[string, string, string, Partial<ExampleOptions>?]>([
    [
      'CoNLL-2003',
      '-DOCSTART- -X- O O\n\nOtto NNP I-NP B-PER\nleaves VBZ I-VP O\n\n-DOCSTART- -X- -X- O\n\nGull NNP I-NP B-ORG\n',
      "CoNLL's columns, token from column 1, tag from column 4; 2 lines of comments, ends of documents, ranges and empty nodes left out.",
    ],
    ['CoNLL-2002', 'Otto B-PER\nleaves O\n\nGull B-ORG\n', "CoNLL's columns, token from column 1, tag from column 2."],
    [
      'tabs',
      'Otto\tNNP\tB-PER\nleaves\tVBZ\tO\n\nGull\tNNP\tB-ORG\n',
      "CoNLL's columns, token from column 1, tag from column 3.",
    ],
    [
      'a header',
      'token\ttag\nOtto\tB-PER\nleaves\tO\n\nGull\tB-ORG\n',
      "CoNLL's columns, token from token, tag from tag.",
    ],
    [
      'GermEval',
      '#\thttp://example.org\n1\tOtto\tB-PER\n2\tleaves\tO\n\n#\tn-tv.de\n1\tGull\tB-ORG\n',
      "CoNLL's columns, token from column 2, tag from column 3; 2 lines of comments, ends of documents, ranges and empty nodes left out.",
      { columns: 'token=2,tag=3' },
    ],
    [
      'JSON Lines',
      '{"tokens": ["Otto", "leaves"], "ner_tags": ["B-PER", "O"]}\n{"tokens": ["Gull"], "ner_tags": ["B-ORG"]}\n',
      'JSON Lines, token from tokens, tag from ner_tags.',
    ],
  ])('of %s', async (_, content, how, more) => {
    const corpus = await read(content, 'tag', more);
    expect(shown(corpus)).toEqual(SENTENCES);
    expect(said(corpus)).toEqual([how]);
  });

  it.each<[string, RegExp, Partial<ExampleOptions>?]>([
    ['1\tOtto\tB-PER\n2\tleaves\tO\n', /has 3 columns, "1", "Otto", "B-PER": say which have token and tag/],
    ['Otto NNP B-PER\nleaves VBZ\n', /line 1, has no tab between token and tag/],
    ['Otto\tNNP\tB-PER\nleaves\tVBZ\n', /line 2, has 2 columns, where the first row has 3/],
    ['{"tokens": ["a", "b"], "tags": ["X"]}\n', /line 1, has 2 tokens and 1 tags/],
  ])('%j is refused', async (content, message, more) => {
    await expect(read(content, 'tag', more)).rejects.toThrow(InputError);
    await expect(read(content, 'tag', more)).rejects.toThrow(message);
  });
});

describe('a folder for each class', () => {
  it('has a text in each file', async () => {
    const folder = temporaryFolder();
    for (const name of ['pos', 'neg']) fs.mkdirSync(path.join(folder, name));
    for (const [name, content] of [
      ['neg/1.txt', 'cold\nwater\n'],
      ['neg/2.txt', 'wet'],
      ['pos/1.txt', 'a\twarm lamp\r\n'],
      ['pos/blank.txt', ' \n'],
    ]) {
      fs.writeFileSync(path.join(folder, name), content);
    }
    const corpus = await readExamples([folder], { task: 'classify', tokenizer: { kind: 'char' }, maxLength: 100 });
    expect(shown(corpus)).toEqual(['neg: cold\nwater', 'neg: wet', 'pos: a\twarm lamp']);
    expect(corpus.labels).toEqual(['neg', 'pos']);
    corpus.close();
  });
});
